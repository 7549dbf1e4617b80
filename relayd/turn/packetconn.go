package turn

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	// readPause is how long reading pauses after an error of a UDP socket that is open.
	readPause = 10 * time.Millisecond

	// logPause is how long such errors are not logged after one that was.
	logPause = time.Minute
)

// A packetConn is a UDP socket behind its guard.
type packetConn struct {
	net.PacketConn
	server *Server
	local  net.Addr
	closed atomic.Bool

	// Owned by the goroutine that reads.
	guard  guard
	logged time.Time // when an error was logged
}

func (s *Server) newPacketConn(socket net.PacketConn) *packetConn {
	p := &packetConn{PacketConn: socket, server: s, local: socket.LocalAddr()}
	p.guard = guard{
		server:      s,
		limit:       func(source netip.Addr) (reason, bool) { return s.requests.take(source, s.limits.Load()) },
		limitSigned: func(source netip.Addr) (reason, bool) { return s.signed.take(source, s.limits.Load()) },
	}
	return p
}

// ReadFrom returns the next packet that pion may have. It returns an error only once the server
// closes, because pion stops at any.
func (p *packetConn) ReadFrom(into []byte) (int, net.Addr, error) {
	for {
		n, addr, err := p.PacketConn.ReadFrom(into)
		switch {
		case err != nil && p.closed.Load():
			p.server.running.Done()
			return 0, nil, err
		case err != nil && n == 0:
			p.pause(err)
			continue
		case err != nil, n > maxFrame: // Windows has an error for a large datagram
			p.server.counts.drop(tooLarge)
			continue
		}
		answer, ok := p.guard.admit(into[:n], flow{sourceOf(addr), p.local})
		if ok {
			return n, addr, nil
		}
		if answer != nil {
			p.WriteTo(answer, addr)
		}
	}
}

// pause waits after an error.
func (p *packetConn) pause(err error) {
	if now := time.Now(); now.Sub(p.logged) >= logPause {
		p.logged = now
		p.server.log.Warn("cannot read from the UDP socket of TURN", "error", err)
	}
	time.Sleep(readPause)
}

// WriteTo sends a packet to a client.
func (p *packetConn) WriteTo(data []byte, to net.Addr) (int, error) {
	p.server.counts.answered(data)
	p.server.challenge.address(data, sourceOf(to))
	return p.PacketConn.WriteTo(data, to)
}

// Close ends reading.
func (p *packetConn) Close() error {
	p.closed.Store(true)
	return p.PacketConn.Close()
}

// LocalAddr returns the same pointer each time, as flow requires.
func (p *packetConn) LocalAddr() net.Addr { return p.local }
