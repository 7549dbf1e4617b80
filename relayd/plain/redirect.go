// Package plain answers plain HTTP requests to a relay with TLS.
package plain

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Redirect redirects browsers to the same page with TLS, on this port. It redirects only
// to the relay's own hosts, for which serves returns true.
//
// Only GET and HEAD are redirected, with a status that browsers remember. A client that
// sends a password or a WebSocket's credential without TLS has already exposed it, so it
// gets an error instead.
func Redirect(serves func(host string) bool, port int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := ownHost(r.Host)
		switch {
		case r.Header.Get("Upgrade") != "":
			w.Header().Set("Upgrade", "TLS/1.2, HTTP/1.1") // what the client should use (RFC 9110, section 15.5.22)
			w.Header().Set("Connection", "Upgrade")
			http.Error(w, "this relay speaks TLS: connect with wss://", http.StatusUpgradeRequired)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this relay speaks TLS: use https://", http.StatusMethodNotAllowed)
		case host == "" || !serves(host):
			http.Error(w, "this relay has another name", http.StatusMisdirectedRequest)
		default:
			w.Header().Set("Location", target(host, port, r.URL))
			w.WriteHeader(http.StatusPermanentRedirect)
		}
	})
}

// ownHost returns a Host header without its port and brackets, or "" if it is invalid.
// net/http refuses headers with characters that end the host in a URL.
func ownHost(header string) string {
	u, err := url.Parse("//" + header)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

func target(host string, port int, page *url.URL) string {
	to := url.URL{Scheme: "https", Host: host, Path: page.Path, RawPath: page.RawPath, RawQuery: page.RawQuery}
	switch {
	case port != 443:
		to.Host = net.JoinHostPort(host, strconv.Itoa(port))
	case strings.Contains(host, ":"): // IPv6
		to.Host = "[" + host + "]"
	}
	return to.String()
}
