package edge

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Protocol is how the proxies in front of a relay pass the addresses of clients. Only the chosen
// one is read, because a proxy that sets one header passes on the others as its clients wrote
// them.
type Protocol string

// The protocols of proxies.
const (
	XForwardedFor Protocol = "x-forwarded-for" // the header, as nginx and Caddy write it
	Forwarded     Protocol = "forwarded"       // the header of RFC 7239
	ProxyProtocol Protocol = "proxy-protocol"  // of HAProxy, versions 1 and 2, ahead of TLS and HTTP
)

// Proxies are the trusted proxies in front of a relay. Addresses of clients are read only from
// them. The zero value trusts no address. Proxies is immutable, so its methods may be called
// concurrently.
type Proxies struct {
	trusted  []netip.Prefix
	protocol Protocol
}

// NewProxies trusts a list of addresses and prefixes, written as 192.0.2.7 or 10.0.0.0/8. The
// error quotes the one that is wrong.
func NewProxies(trusted []string, protocol Protocol) (Proxies, error) {
	switch protocol {
	case XForwardedFor, Forwarded, ProxyProtocol:
	default:
		return Proxies{}, fmt.Errorf("%q is no protocol of proxies: it is %s, %s or %s", protocol, XForwardedFor, Forwarded, ProxyProtocol)
	}
	p := Proxies{protocol: protocol}
	for _, text := range trusted {
		prefix, err := parsePrefix(text)
		if err != nil {
			return Proxies{}, err
		}
		p.trusted = append(p.trusted, prefix)
	}
	return p, nil
}

func parsePrefix(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if addr, bad := netip.ParseAddr(text); bad == nil && addr.Zone() == "" {
		prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("%q is no address of a proxy: write it as 192.0.2.7, or as a prefix like 10.0.0.0/8 or fd00::/8", text)
	case prefix.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("%q is an IPv4 address written as IPv6: write it as IPv4", text)
	case prefix != prefix.Masked():
		return netip.Prefix{}, fmt.Errorf("%q has bits behind its prefix: write it as %s", text, prefix.Masked())
	case prefix.Bits() > 0 && (prefix.Addr().IsUnspecified() && prefix.IsSingleIP() || prefix.Addr().IsMulticast()):
		return netip.Prefix{}, fmt.Errorf("%q is no address of a proxy: no connection comes from there", text)
	case prefix.Bits() == 0:
		return netip.Prefix{}, fmt.Errorf("%q trusts everybody, and so lets everybody choose an address: name the proxies' own", text)
	}
	return prefix, nil
}

// Any reports whether any proxy is trusted.
func (p Proxies) Any() bool { return len(p.trusted) > 0 }

func (p Proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p.trusted {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Source returns the address of the peer that made a request: the remote address of the
// connection, or, if that is a trusted proxy, the client that the proxy names. In a chain of
// proxies it is the rightmost address that is not trusted: each proxy appends the address that
// it has seen, and a client may have written everything to the left of it. If a trusted proxy
// names no valid address, Source returns that of the proxy. The address has no zone, and IPv4 is
// not mapped to IPv6. It is invalid for a connection without addresses, as on a Unix socket.
func (p Proxies) Source(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	source := peer.Addr().Unmap().WithZone("")
	if !p.trust(source) {
		return source
	}
	switch p.protocol {
	case XForwardedFor:
		return p.follow(r.Header.Values("X-Forwarded-For"), source, lastListed, parseNode)
	case Forwarded:
		return p.follow(r.Header.Values("Forwarded"), source, lastElement, parseElement)
	}
	return source // with ProxyProtocol, Listener has set the remote address
}

// follow goes through the addresses from right to left until one is not trusted or not valid.
func (p Proxies) follow(lines []string, source netip.Addr, last func(string) (rest, element string), parse func(string) (netip.Addr, bool)) netip.Addr {
	for i := len(lines) - 1; i >= 0; i-- {
		for rest := lines[i]; strings.TrimSpace(rest) != ""; {
			var element string
			rest, element = last(rest)
			client, ok := parse(element)
			if !ok {
				return source
			}
			source = client
			if !p.trust(source) {
				return source
			}
		}
	}
	return source
}

// Trusts reports whether an address is that of a trusted proxy.
func (p Proxies) Trusts(addr netip.Addr) bool { return p.trust(addr) }
