package edge

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Protocol is how the proxies in front of a relay say whom they speak for. It is
// one and not whatever comes, because a proxy that writes one header lets through
// what its clients write into the others.
type Protocol string

// The protocols that [NewProxies] takes.
const (
	XForwardedFor Protocol = "x-forwarded-for" // the header, as nginx and Caddy write it
	Forwarded     Protocol = "forwarded"       // the header of RFC 7239
	ProxyProtocol Protocol = "proxy-protocol"  // of HAProxy, versions 1 and 2, ahead of TLS and HTTP
)

// Proxies are the proxies in front of a relay that are trusted to say where their
// clients are; what others say of it is not read. The zero value trusts nobody.
// It is never written to, so anybody may use it at once.
type Proxies struct {
	trusted  []netip.Prefix
	protocol Protocol
}

// NewProxies trusts the addresses and prefixes given, as 192.0.2.7 or 10.0.0.0/8.
// Its error is a sentence that names the one that will not do.
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

// Any says whether somebody is trusted: then loopback is where a proxy is, and not
// the machine's own people.
func (p Proxies) Any() bool { return len(p.trusted) > 0 }

func (p Proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p.trusted {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Source is where a request comes from: the peer of its connection, or, where that
// is a trusted proxy, whom it names. Of a chain it is the rightmost that is not
// trusted, because each proxy adds on the right whom it has seen itself; what
// stands further left anybody can have written. Where a proxy names nobody that can
// be read, it is the proxy. Without zone, and IPv4 as IPv4; invalid for a peer that
// has no address, as on a Unix socket.
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
	return source // that of ProxyProtocol is the peer's own: see Listener
}

// follow goes from the proxy back to its client, as long as it is told by somebody
// trusted.
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

// Trusts says whether an address is that of a trusted proxy.
func (p Proxies) Trusts(addr netip.Addr) bool { return p.trust(addr) }
