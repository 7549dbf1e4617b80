package turn

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// readPause is how long reading pauses after an error of a UDP socket that is open.
const readPause = 10 * time.Millisecond

// A packetConn is a UDP socket behind its guard.
type packetConn struct {
	net.PacketConn
	server *Server
	local  net.Addr
	guard  guard
}

func (s *Server) newPacketConn(socket net.PacketConn) *packetConn {
	p := &packetConn{PacketConn: socket, server: s, local: socket.LocalAddr()}
	p.guard = guard{server: s, limit: func(source netip.Addr) (reason, bool) {
		return s.requests.take(source, s.limits.Load())
	}}
	return p
}

// ReadFrom returns the next packet that pion may have. It returns an error only once the server
// closes, because pion stops at any.
func (p *packetConn) ReadFrom(into []byte) (int, net.Addr, error) {
	for {
		n, addr, err := p.PacketConn.ReadFrom(into)
		if errors.Is(err, net.ErrClosed) {
			p.server.running.Done()
			return 0, nil, err
		}
		if err != nil {
			p.server.log.Warn("cannot read from the UDP socket of TURN", "error", err)
			time.Sleep(readPause)
			continue
		}
		if n > maxFrame {
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

// WriteTo sends a packet to a client.
func (p *packetConn) WriteTo(data []byte, to net.Addr) (int, error) {
	p.server.counts.answered(data)
	return p.PacketConn.WriteTo(data, to)
}

// LocalAddr returns the same pointer each time, as flow requires.
func (p *packetConn) LocalAddr() net.Addr { return p.local }
