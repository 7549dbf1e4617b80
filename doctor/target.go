package doctor

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// A target is the relay's address as a person wrote it.
type target struct {
	secure     bool
	host, port string
	prefix     string // of the path, without a slash at its end
}

func parseTarget(text string) (target, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return target{}, fmt.Errorf("%q is not the address of a relay: write it as https://relay.example.org", text)
	}
	t := target{host: strings.ToLower(u.Hostname()), port: u.Port(), prefix: strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/server")}
	switch u.Scheme {
	case "https", "wss":
		t.secure = true
	case "http", "ws":
	default:
		return target{}, fmt.Errorf("%q must begin with https://, http://, wss:// or ws://", text)
	}
	if t.port == "" {
		t.port = t.usualPort()
	}
	return t, nil
}

// parsePage returns the origin of a page's URL.
func parsePage(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "", fmt.Errorf("%q is not the address of a page: write it as https://app.example.org", text)
	}
	return u.Scheme + "://" + u.Host, nil
}

func (t target) usualPort() string {
	if t.secure {
		return "443"
	}
	return "80"
}

// authority is what a browser writes into Host.
func (t target) authority() string {
	if t.port == t.usualPort() {
		return strings.TrimSuffix(net.JoinHostPort(t.host, ""), ":")
	}
	return net.JoinHostPort(t.host, t.port)
}

func (t target) scheme() string {
	if t.secure {
		return "https"
	}
	return "http"
}

// origin is that of a page of the relay's own host.
func (t target) origin() string { return t.scheme() + "://" + t.authority() }

// String returns the address without /server.
func (t target) String() string { return t.origin() + t.prefix }
