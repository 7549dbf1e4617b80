// Package admit decides who may come in.
package admit

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Origins decides which web pages may open a WebSocket here (RFC 6455,
// section 10.2): a browser names the page's origin, and without this check any
// page on the Web could use a visitor's browser to reach a relay in that
// visitor's own network. The zero value admits pages of the relay's own host.
type Origins struct {
	allowed map[string]bool // scheme://host:port, in lower case, with the port
}

// NewOrigins also admits the origins given, each as scheme://host or
// scheme://host:port with http or https. Its error names the one that is not.
func NewOrigins(list []string) (Origins, error) {
	allowed := make(map[string]bool, len(list))
	for _, origin := range list {
		scheme, host, ok := splitOrigin(origin)
		if !ok {
			return Origins{}, fmt.Errorf("%q is no origin: write it as https://example.com or http://localhost:3000", origin)
		}
		allowed[scheme+"://"+host] = true
	}
	return Origins{allowed: allowed}, nil
}

// Admit reports whether the request's Origin is admitted. A request without
// one is: only browsers must send it, and what is not a browser can send any.
func (o Origins) Admit(r *http.Request) bool {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		return true
	}
	if len(values) > 1 {
		return false // no browser sends two: whose word would count?
	}
	scheme, host, ok := splitOrigin(values[0])
	if !ok {
		return false
	}
	return o.allowed[scheme+"://"+host] || host == withPort(strings.ToLower(r.Host), scheme)
}

// splitOrigin takes an origin apart as RFC 6454, section 6.2 writes it: a
// scheme and a host with an optional port, and nothing else.
func splitOrigin(origin string) (scheme, host string, ok bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery ||
		strings.Contains(origin, "#") || strings.HasSuffix(u.Host, ":") || u.Scheme != "http" && u.Scheme != "https" {
		return "", "", false
	}
	return u.Scheme, withPort(strings.ToLower(u.Host), u.Scheme), true
}

// withPort gives the host with its port, the scheme's own where none is named:
// a browser leaves that out of Origin and Host, other clients and proxies may not.
func withPort(host, scheme string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host
	}
	if scheme == "https" {
		return host + ":443"
	}
	return host + ":80"
}
