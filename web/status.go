package web

import "net/http"

// Status serves the operator's status page at /, with the chart library below /charts/. It is for
// the admin listener, which also serves /status.json. The library is not committed. Without it
// the page shows numbers.
func Status() http.Handler {
	pages, library := loadAssets(folder("status")), loadAssets(folder("charts"))
	pages[""] = pages["index.html"]

	mux := http.NewServeMux()
	mux.Handle("GET /", pages)
	mux.Handle("GET /charts/", http.StripPrefix("/charts", library))
	return withPolicy(statusPolicy, mux)
}

// statusPolicy restricts the page to its own files.
func statusPolicy(string) string {
	return "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" +
		"; require-trusted-types-for 'script'; trusted-types 'none'"
}
