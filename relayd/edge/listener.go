package edge

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pires/go-proxyproto"
)

// Listener returns a listener whose connections have the client's RemoteAddr, if trusted proxies
// use the PROXY protocol. A proxy must send the header first, within a duration (section 2 of
// the protocol's specification). Connections from other addresses are passed on unchanged: a
// PROXY header on them is a malformed request. With another protocol, or without trusted
// proxies, Listener returns below.
//
// A connection of the proxy itself, with the command LOCAL or the family UNKNOWN, keeps its
// address.
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
	// REQUIRE: without a header of the proxy, its clients could write one.
	if peer, ok := c.Upstream.(*net.TCPAddr); ok && p.trust(addrOf(peer)) {
		return proxyproto.REQUIRE, nil
	}
	return proxyproto.SKIP, nil
}

// Preface returns the bytes that a health check from an address must send first: a PROXY header
// with the command LOCAL if the listener requires one from that address, nil if not.
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

var errNotTCP = errors.New("a PROXY header without a TCP client")

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

// A proxiedConn gives access to its socket, as a TLS connection does.
type proxiedConn struct{ *proxyproto.Conn }

func (c proxiedConn) NetConn() net.Conn { return c.Raw() }
