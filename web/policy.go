package web

import (
	"net/http"
	"regexp"
)

// withPolicy adds headers to every answer that restrict the page to its own scripts and its own
// relay. Other pages cannot frame it, and it sends no referrer.
func withPolicy(policy func(host string) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy(r.Host))
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// plainHost matches a DNS name or an IPv4 address with an optional port. A policy can name these
// (its grammar has no IPv6), and they cannot break out of the header.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(:[0-9]{1,5})?$`)

// contentPolicy permits WebSockets to the page's own host by name, because not every browser
// counts them as 'self'.
func contentPolicy(host string) string {
	sockets := ""
	if plainHost.MatchString(host) {
		sockets = " ws://" + host + " wss://" + host
	}
	return "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'" + sockets +
		"; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" +
		"; require-trusted-types-for 'script'; trusted-types scripts" // only page/scripts.js, and only for its own workers: text never becomes markup
}
