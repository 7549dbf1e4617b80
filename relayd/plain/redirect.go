// Package plain answers who comes without TLS to a relay that has it.
package plain

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Redirect sends browsers on to the same page with TLS, on the port given. Serves says
// which hosts are the relay's own: it sends nobody to another.
//
// Only pages are sent on, by a status that a browser remembers: whoever sent a
// password or a WebSocket's credential this way has sent it in the clear already, and
// is to hear of it.
func Redirect(serves func(host string) bool, port int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := ownHost(r.Host)
		switch {
		case r.Header.Get("Upgrade") != "":
			w.Header().Set("Upgrade", "TLS/1.2, HTTP/1.1") // RFC 9110, section 15.5.22: what is asked for
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

// ownHost is a Host header without its port and brackets, or "" for what is none. Of
// what parts a host from the rest of a URL, net/http lets nothing through.
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
