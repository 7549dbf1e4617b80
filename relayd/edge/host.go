package edge

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// Hosts are the names under which a relay is reached. They protect against DNS rebinding: a
// page whose name resolves first to another server and then to this machine has equal Origin
// and Host, like a page of the relay.
//
// IP addresses, localhost and names below .localhost are always admitted, because no name
// server resolves them. The zero value admits all other names, except on a connection to a
// loopback address without TLS and without a proxy. With TLS the browser has verified the name
// by the certificate. Behind a proxy the name is that of the proxy.
type Hosts struct {
	names map[string]bool // in the form of parseHost; nil means the zero value's rule
}

// NewHosts returns the Hosts of a list of names, whose left-most label may be *. An empty list
// gives the zero Hosts. The error quotes the name that is wrong.
func NewHosts(list []string) (Hosts, error) {
	if len(list) == 0 {
		return Hosts{}, nil
	}
	names := make(map[string]bool, len(list))
	for _, text := range list {
		name, err := parseHost(text)
		if err != nil {
			return Hosts{}, fmt.Errorf("%q is not the name of a host: %w", text, err)
		}
		names[name] = true
	}
	return Hosts{names}, nil
}

func (h Hosts) admit(r *http.Request) bool {
	name := strings.ToLower(r.Host)
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	switch {
	case isAddress(name), name == "localhost", strings.HasSuffix(name, ".localhost"):
		return true
	case h.names != nil:
		return has(h.names, "", name)
	}
	return r.TLS != nil || !endsHere(r) || cameByProxy(r)
}

// has reports whether prefix+host is in a list, literally or with a * for the host's left-most
// label.
func has(list map[string]bool, prefix, host string) bool {
	label, rest, _ := strings.Cut(host, ".")
	return label != "" && label != "*" && (list[prefix+host] || list[prefix+"*."+rest])
}

// endsHere reports whether a request came to a loopback address of this machine.
func endsHere(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	address, err := netip.ParseAddrPort(local.String())
	return err == nil && address.Addr().Unmap().IsLoopback()
}

// cameByProxy reports whether a request has a header of a proxy. A page cannot set headers of a
// WebSocket handshake.
func cameByProxy(r *http.Request) bool {
	return r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
}

// isSecure reports whether the browser has used TLS, according to the connection or to the
// headers of a proxy. Of several proxies the one next to the browser counts.
func isSecure(r *http.Request) bool {
	proto, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	if said := forwardedProto(r.Header.Values("Forwarded")); said != "" {
		proto = said
	}
	proto = strings.ToLower(strings.TrimSpace(proto))
	return r.TLS != nil || proto == "https" || proto == "wss"
}

var errHost = errors.New("a host is a name as relay.example.org or *.example.org, or an address, without scheme, port and path")

// parseHost returns a host of the configuration in the form of browsers: lower case, Punycode,
// and an IPv6 address in brackets and its shortest form. A form that browsers never send is an
// error, because it would match nothing.
func parseHost(text string) (string, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		address, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !strings.HasSuffix(inner, "]") || !address.Is6() || address.Zone() != "" {
			return "", errors.New("an IPv6 address is written as [2001:db8::1]")
		}
		return "[" + address.String() + "]", nil
	}
	name, wild := strings.CutPrefix(strings.ToLower(text), "*.")
	if strings.Contains(name, "*") {
		return "", errors.New("a * can only stand for the left-most label, as in *.example.org")
	}
	if strings.Trim(name, "0123456789.") == "" || strings.Contains(name, ":") {
		address, err := netip.ParseAddr(name)
		switch {
		case err != nil || wild:
			return "", errHost
		case address.Is6():
			return "", fmt.Errorf("an IPv6 address is written in brackets: [%s]", address)
		}
		return name, nil
	}
	if strings.HasSuffix(name, ".") {
		return "", errors.New("leave out the dot at its end")
	}
	if strings.ContainsFunc(name, func(c rune) bool { return c > '~' }) {
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return "", fmt.Errorf("this international name cannot be one: %w", err)
		}
		name = ascii
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", errHost
		}
	}
	switch {
	case len(name) > 253:
		return "", errHost
	case wild && !strings.Contains(name, ".") && name != "localhost":
		return "", errors.New("a * needs a domain of two labels behind it, as in *.example.org")
	case wild:
		return "*." + name, nil
	}
	return name, nil
}

// isAddress reports whether a host, with or without brackets, is an IP address.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}
