//go:build !js

package rtc

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v5"
)

const (
	// holdTCP is how long a TURN server over TCP or TLS waits at least for one over UDP, which
	// needs two round trips. It waits as long as three TCP handshakes, if that is more. pion's
	// ICE does nothing else while it asks for a permission, which takes a round trip for each
	// relayed candidate and each address of the other peer: with three relayed candidates and
	// 200 ms a direct path came 2.5 s late. When TURN over UDP works, TCP waits for holdRelayed,
	// and is not used if there is a path without TURN by then.
	holdTCP     = 200 * time.Millisecond
	holdRelayed = 4 * time.Second

	// turnWithin bounds the TCP handshake with a TURN server, and then the wait for its first
	// byte.
	turnWithin = 8 * time.Second
)

// DialTCP connects to a TURN server, later if there is one over UDP.
func (n *hostNet) DialTCP(network string, local, remote *net.TCPAddr) (transport.TCPConn, error) {
	if !n.servers.haveUDP() {
		return n.dialTURN(network, local, remote)
	}
	begun := time.Now()
	conn, err := n.dialTURN(network, local, remote)
	if err != nil {
		return nil, err
	}
	n.wait(max(holdTCP, 3*time.Since(begun)))
	if n.ctx.Err() == nil && !n.servers.relayed.Load() {
		return conn, nil
	}
	_ = conn.Close() // the server need not wait
	n.wait(holdRelayed)
	if n.servers.direct.Load() {
		return nil, context.Canceled // there is a path without TURN, so no server has failed
	}
	return n.dialTURN(network, local, remote)
}

func (n *hostNet) dialTURN(network string, local, remote *net.TCPAddr) (*turnConn, error) {
	dialer := net.Dialer{Timeout: turnWithin}
	if local != nil {
		dialer.LocalAddr = local
	}
	conn, err := dialer.DialContext(n.ctx, network, remote.String())
	if err == nil {
		err = conn.SetReadDeadline(time.Now().Add(turnWithin))
	}
	if err != nil {
		n.servers.failed("tcp", remote.String(), err)
		return nil, err
	}
	made := &turnConn{TCPConn: conn.(*net.TCPConn), of: n.allocations}
	n.allocations.add(made)
	return made, nil
}

// wait ends early with ctx.
func (n *hostNet) wait(d time.Duration) {
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-late.C:
	case <-n.ctx.Done():
	}
}

// ListenPacket opens the socket for a TURN server over UDP.
func (n *hostNet) ListenPacket(network, address string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	made := &turnSocket{PacketConn: conn, of: n.allocations, servers: n.servers, credentials: n.servers.credentials()}
	n.allocations.add(made)
	return made, nil
}

// turnConn and turnSocket tell pion that they are of IPv4. It asks for a relayed address of the
// same version of IP, and a peer that has only an IPv6 one does not meet a peer that has only an
// IPv4 one. Browsers, too, ask for IPv4 whatever leads to the server (I6).
type turnConn struct {
	*net.TCPConn
	of    *allocations
	heard atomic.Bool // the server has said something
}

func (c *turnConn) LocalAddr() net.Addr {
	at := *c.TCPConn.LocalAddr().(*net.TCPAddr)
	if at.IP.To4() == nil {
		at.IP, at.Zone = net.IPv4zero, ""
	}
	return &at
}

// Read clears the deadline for the first byte.
func (c *turnConn) Read(b []byte) (int, error) {
	count, err := c.TCPConn.Read(b)
	if count > 0 && !c.heard.Swap(true) {
		_ = c.SetReadDeadline(time.Time{})
	}
	return count, err
}

func (c *turnConn) Close() error {
	c.of.remove(c)
	return c.TCPConn.Close()
}

type turnSocket struct {
	net.PacketConn
	of          *allocations
	servers     *servers
	credentials map[string]string // of the servers, by user name

	mu     sync.Mutex // guards what follows
	last   []byte     // the last request
	server net.Addr   // where it went
}

func (s *turnSocket) ReadFrom(packet []byte) (int, net.Addr, error) {
	const allocateSuccess = 0x0103 // RFC 8656, section 17
	n, from, err := s.PacketConn.ReadFrom(packet)
	if n >= 2 && binary.BigEndian.Uint16(packet) == allocateSuccess {
		s.servers.relayed.Store(true)
	}
	return n, from, err
}

func (s *turnSocket) WriteTo(packet []byte, to net.Addr) (int, error) {
	s.keep(packet, to)
	return s.PacketConn.WriteTo(packet, to)
}

func (s *turnSocket) Close() error {
	s.of.remove(s)
	return s.PacketConn.Close()
}

func (s *turnSocket) LocalAddr() net.Addr {
	at := *s.PacketConn.LocalAddr().(*net.UDPAddr)
	if at.IP.To4() == nil {
		at.IP, at.Zone = net.IPv4zero, ""
	}
	return &at
}
