// Package edge parses and validates the headers of a handshake: the peer's address behind
// trusted proxies, the page's origin and host, subprotocols and credentials.
package edge

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Origins decides which web pages may open a WebSocket (RFC 6455, section 10.2). A browser sends
// the page's origin. Without this check any page could use a visitor's browser to reach a relay
// in the visitor's network. The zero value admits pages of the relay's own host, as the zero
// [Hosts] says.
type Origins struct {
	hosts   Hosts
	allowed map[string]bool // in the form of parseOrigin
}

// NewOrigins admits pages of the relay's own hosts and of the origins in a list, each written as
// scheme://host or scheme://host:port. With http and https the left-most label may be *, which
// stands for one label. Origins with the scheme of an app are compared literally. The error
// quotes the origin that is wrong.
func NewOrigins(list []string, hosts Hosts) (Origins, error) {
	allowed := make(map[string]bool, len(list))
	for _, text := range list {
		origin, err := parseOrigin(text)
		if err != nil {
			return Origins{}, err
		}
		allowed[origin] = true
	}
	return Origins{hosts: hosts, allowed: allowed}, nil
}

// Admit reports whether the request's Origin is admitted. A request without Origin is: it is not
// from a browser, and other programs can send any origin.
func (o Origins) Admit(r *http.Request) bool {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		return true
	}
	if len(values) > 1 {
		return false // no browser sends two
	}
	scheme, host, ok := splitOrigin(values[0])
	if !ok {
		return o.allowed[strings.ToLower(values[0])] // of an app
	}
	switch {
	case has(o.allowed, scheme+"://", host):
		return true
	case scheme == "http" && isSecure(r):
		return false // a page without TLS may be forged in transit
	}
	return host == withPort(strings.ToLower(r.Host), scheme) && o.hosts.admit(r)
}

// splitOrigin splits a web origin (RFC 6454, section 6.2) into scheme and host with port. It
// returns false for any other form.
func splitOrigin(origin string) (scheme, host string, ok bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery ||
		strings.Contains(origin, "#") || strings.HasSuffix(u.Host, ":") || u.Scheme != "http" && u.Scheme != "https" {
		return "", "", false
	}
	return u.Scheme, withPort(strings.ToLower(u.Host), u.Scheme), true
}

// withPort returns a host with its port, or with the default port of the scheme. Browsers omit
// the default port in Origin and Host, other clients and proxies may not.
func withPort(host, scheme string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host
	}
	if scheme == "https" {
		return host + ":443"
	}
	return host + ":80"
}

// parseOrigin returns an origin of the configuration in the form that Admit compares. A form
// that no browser sends is an error, because it would match nothing.
func parseOrigin(text string) (string, error) {
	scheme, host, ok := strings.Cut(strings.ToLower(text), "://")
	name, more := host, ""
	if i := strings.IndexAny(host, "/?#\\"); i >= 0 {
		name, more = host[:i], host[i:]
	}
	switch {
	case text == "*":
		return "", fmt.Errorf("%q is no origin: name each page that may connect, as https://example.com or https://*.example.com", text)
	case text == "null", scheme == "file", scheme == "data", scheme == "blob":
		return "", fmt.Errorf("%q is no origin that can be told from others: pages of files and sandboxes all have the origin null", text)
	case !ok || name == "":
		return "", fmt.Errorf("%q is no origin: write it as https://example.com or http://localhost:3000", text)
	case strings.Contains(name, "@"):
		return "", fmt.Errorf("%q is no origin: leave out what stands before the @", text)
	case scheme == "ws" || scheme == "wss":
		return "", fmt.Errorf("%q is no origin: write the page's address, as http%s://%s", text, strings.TrimPrefix(scheme, "ws"), name)
	case scheme != "http" && scheme != "https" && (strings.Contains(scheme, "tp") || !isScheme(scheme)): // misspelt, or ftp
		return "", fmt.Errorf("%q is no origin: it begins with http://, https:// or the scheme of an app, as capacitor://localhost", text)
	case more != "":
		return "", fmt.Errorf("%q is no origin: leave out %q, and write it as %s://%s", text, more, scheme, name)
	case scheme != "http" && scheme != "https":
		if strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || c == '*' }) {
			return "", fmt.Errorf("%q is no origin of an app: write it as capacitor://localhost, without * and spaces", text)
		}
		return scheme + "://" + name, nil
	}
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
		port, err := strconv.ParseUint(name[i+1:], 10, 16)
		if err != nil || port == 0 {
			return "", fmt.Errorf("%q has the port %q, and must have one from 1 to 65535, or none", text, name[i+1:])
		}
		host, err := parseHost(name[:i])
		if err != nil {
			return "", fmt.Errorf("%q is no origin: %w", text, err)
		}
		return scheme + "://" + host + ":" + strconv.FormatUint(port, 10), nil
	}
	host, err := parseHost(name)
	if err != nil {
		return "", fmt.Errorf("%q is no origin: %w", text, err)
	}
	return scheme + "://" + withPort(host, scheme), nil
}

// isScheme reports whether s is a scheme of a URL (RFC 3986, section 3.1) in lower case.
func isScheme(s string) bool {
	return s != "" && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}
