package edge

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pires/go-proxyproto"
)

// Listener gives connections whose RemoteAddr is the client's, where trusted proxies
// speak the PROXY protocol: they have to begin with its header, and to send it
// within the time given (section 2 of its specification). Connections of all others,
// and all where no proxy speaks it, are those of the listener given, untouched: a
// PROXY header on them is a malformed request.
//
// A proxy's own connection, with the command LOCAL or the family UNKNOWN, keeps its
// own address.
func (p Proxies) Listener(below net.Listener, within time.Duration) net.Listener {
	if !p.Any() || p.protocol != ProxyProtocol {
		return below
	}
	return proxiedListener{&proxyproto.Listener{
		Listener:          below,
		ConnPolicy:        p.policy,
		ValidateHeader:    onlyTCP,
		ReadHeaderTimeout: within,
	}}
}

func (p Proxies) policy(c proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
	// REQUIRE: a proxy that sometimes leaves the header out would let its clients write it.
	if peer, ok := c.Upstream.(*net.TCPAddr); ok && p.trust(addrOf(peer)) {
		return proxyproto.REQUIRE, nil
	}
	return proxyproto.SKIP, nil
}

// Preface is what a program of this machine has to send first when it asks the listener
// on its own behalf, over a connection from the address given: the header of a proxy's
// own connection where that address is a trusted one, nothing elsewhere.
func (p Proxies) Preface(from net.Addr) ([]byte, error) {
	peer, ok := from.(*net.TCPAddr)
	if p.protocol != ProxyProtocol || !ok || !p.trust(addrOf(peer)) {
		return nil, nil
	}
	header := proxyproto.Header{Version: 2, Command: proxyproto.LOCAL, TransportProtocol: proxyproto.UNSPEC}
	return header.Format()
}

func addrOf(peer *net.TCPAddr) netip.Addr {
	return peer.AddrPort().Addr().Unmap().WithZone("")
}

var errNotTCP = errors.New("a PROXY header that names no client of TCP")

func onlyTCP(header *proxyproto.Header) error {
	if _, ok := header.SourceAddr.(*net.TCPAddr); ok || header.SourceAddr == nil || header.Command.IsLocal() {
		return nil
	}
	return errNotTCP
}

type proxiedListener struct{ *proxyproto.Listener }

func (l proxiedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if wrapped, ok := conn.(*proxyproto.Conn); ok && err == nil {
		return proxiedConn{wrapped}, nil
	}
	return conn, err
}

// A proxiedConn shows its socket, as connections with TLS do.
type proxiedConn struct{ *proxyproto.Conn }

func (c proxiedConn) NetConn() net.Conn { return c.Raw() }
