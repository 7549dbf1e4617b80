//go:build !js

package rtc

import (
	"net"
	"sync"
	"time"

	"github.com/pion/stun/v4"
)

// directFor is how long the selected pair leads through no TURN server before the relayed addresses
// are given back.
const directFor = 10 * time.Second

// allocations are what a connection holds at TURN servers. pion keeps a relayed candidate until ICE
// restarts, so they are given back beneath it: what pion sends to the server then fails at once. The
// next restart makes others.
type allocations struct {
	timer *time.Timer // runs giveBack

	mu     sync.Mutex // guards what follows
	direct bool       // the selected pair leads through no TURN server
	held   map[allocation]struct{}
}

// allocation is a socket that leads to a TURN server.
type allocation interface{ giveBack() }

func newAllocations() *allocations {
	a := &allocations{held: make(map[allocation]struct{})}
	a.timer = time.AfterFunc(directFor, a.giveBack)
	a.timer.Stop()
	return a
}

// setDirect notes whether the selected pair leads through no TURN server. A restart has no pair.
func (a *allocations) setDirect(direct bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.direct = direct; direct {
		a.timer.Reset(directFor)
	} else {
		a.timer.Stop()
	}
}

func (a *allocations) add(of allocation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held[of] = struct{}{}
}

func (a *allocations) remove(of allocation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.held, of)
}

func (a *allocations) giveBack() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.direct { // any more
		return
	}
	for of := range a.held {
		of.giveBack()
	}
	clear(a.held)
}

// giveBack ends the connection, and the server ends the allocation with it.
func (c *turnConn) giveBack() { _ = c.TCPConn.Close() }

// giveBack tells the server, once.
func (s *turnSocket) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if refresh, err := s.end(); err == nil {
		_, _ = s.PacketConn.WriteTo(refresh.Raw, s.server)
	}
	_ = s.PacketConn.Close()
}

// end returns the request that ends the allocation: a Refresh for no time, with the credential of the
// last request (RFC 8656, section 3.7.2). The caller holds mu.
func (s *turnSocket) end() (*stun.Message, error) {
	last := &stun.Message{Raw: s.last}
	if err := last.Decode(); err != nil {
		return nil, err
	}
	var user stun.Username
	var realm stun.Realm
	var nonce stun.Nonce
	if err := last.Parse(&user, &realm, &nonce); err != nil {
		return nil, err
	}
	return stun.Build(
		stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassRequest),
		stun.RawAttribute{Type: stun.AttrLifetime, Value: make([]byte, 4)}, user, realm, nonce,
		stun.NewLongTermIntegrity(user.String(), realm.String(), s.credentials[user.String()]), stun.Fingerprint,
	)
}

// keep notes a request that pion sends to the server.
func (s *turnSocket) keep(packet []byte, to net.Addr) {
	const notRequest = 0xC110 // no STUN, or of another class (RFC 8489, section 5)
	if len(packet) < 20 || (uint16(packet[0])<<8|uint16(packet[1]))&notRequest != 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.server = append(s.last[:0], packet...), to
}
