package rtc

import (
	"errors"
	"sync"
)

// errFull is the error of a connection for which the Pool has no capacity.
var errFull = errors.New("there are as many direct paths as this listener allows")

// Pool bounds how many Peers have a connection at once. On native their connections share
// one UDP socket for each address of this host. Packets are told apart by the other peer's
// address, so only one of two Peers that connect may have a Pool: the listener's.
type Pool struct {
	sockets sockets

	mu   sync.Mutex // guards what follows
	left int
}

// NewPool returns a Pool for at most capacity connections. Close it after its Peers.
func NewPool(capacity int) *Pool { return &Pool{left: capacity} }

// take reserves a connection, and reports whether there is one. A nil Pool is unbounded.
func (p *Pool) take() bool {
	if p == nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return false
	}
	p.left--
	return true
}

// free gives back what take reserved.
func (p *Pool) free() {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.left++
	}
}

// Close closes the sockets.
func (p *Pool) Close() { _ = p.sockets.Close() }
