package web

import "net/http"

// Status serves the page that shows an operator what a relay does, at /, with the charts'
// library below /charts/. It is for the admin listener, which answers /status.json beside
// it. The library is not committed: without it the page shows its figures as numbers.
func Status() http.Handler {
	pages, library := loadAssets(folder("status")), loadAssets(folder("charts"))
	pages[""] = pages["index.html"]

	mux := http.NewServeMux()
	mux.Handle("GET /", pages)
	mux.Handle("GET /charts/", http.StripPrefix("/charts", library))
	return withPolicy(statusPolicy, mux)
}

// statusPolicy holds the page to what it was built of.
func statusPolicy(string) string {
	return "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" +
		"; require-trusted-types-for 'script'; trusted-types 'none'"
}
