package turn

import (
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
)

// A flow is where the packets of a client come from and arrive (the 5-tuple of RFC 8656). local is
// compared as a pointer: it is one for each UDP socket and for each TCP connection.
type flow struct {
	source netip.AddrPort
	local  net.Addr
}

// An allocation stands for the socket of a relayed transport address: pion writes to it what its
// client sends, and reads from it what its client shall receive. One goroutine of pion reads.
type allocation struct {
	hub   *hub
	label *net.UDPAddr

	owner  Peer
	room   any
	server bool
	shared *roomUse

	created   time.Duration // as hub.now
	used      atomic.Int64  // when it last sent or received a packet, as hub.now
	permitted atomic.Bool   // the client has a permission for the label's address
	queue     queue
	forgotten atomic.Bool // pion has closed the allocation
	meter     quota.Meter // guarded by hub.meters

	asked requestMeter // owned by the goroutine that reads from the flow

	// Guarded by hub.mu.
	userID   string // of pion; immutable once flow is set
	flow     flow
	deleted  bool
	end      func()              // ends the TCP connection; nil over UDP
	channels map[uint16]struct{} // bound channel numbers
}

// mayReach reports whether a packet may go from one allocation to another (T3).
func (a *allocation) mayReach(b *allocation) bool {
	return a.owner == b.owner || a.room == b.room && a.server != b.server
}

// idleSince returns when the allocation was last used, as hub.now.
func (a *allocation) idleSince() time.Duration {
	return max(a.created, time.Duration(a.used.Load()))
}

// WriteTo relays a packet, or drops it. A datagram that is dropped is not an error.
func (a *allocation) WriteTo(data []byte, to net.Addr) (int, error) {
	a.hub.relay(a, data, to)
	return len(data), nil
}

// ReadFrom returns the next packet for the client and the label that it is from. pion deletes the
// allocation when it fails.
func (a *allocation) ReadFrom(into []byte) (int, net.Addr, error) {
	p := a.queue.pop()
	if p == nil {
		defer a.hub.running.Done()
		if a.forgotten.Load() {
			// pion would delete by the addresses, which may have a new allocation by now.
			runtime.Goexit()
		}
		return 0, nil, net.ErrClosed
	}
	defer p.free()
	if p.due > 0 {
		a.hub.waitUntil(p.due)
	}
	return copy(into, p.data), p.from, nil
}

// Close deletes the allocation. pion calls it once, when it forgets the allocation.
func (a *allocation) Close() error {
	a.forgotten.Store(true)
	a.hub.delete(a)
	a.hub.running.Done()
	return nil
}

func (a *allocation) LocalAddr() net.Addr              { return a.label }
func (a *allocation) SetDeadline(time.Time) error      { return nil }
func (a *allocation) SetReadDeadline(time.Time) error  { return nil }
func (a *allocation) SetWriteDeadline(time.Time) error { return nil }
