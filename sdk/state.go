package sdk

import (
	"context"
	"sync"
)

// State says how a Conn stands. It speaks of the relay: a direct path that is up goes on
// in each of them.
type State uint8

const (
	// Connecting: the other side has not answered yet. Messages can be sent.
	Connecting State = iota

	// Connected: both sides are at the relay.
	Connected

	// Reconnecting: this side or the other is away, and may be back. What is sent
	// meanwhile arrives afterwards.
	Reconnecting

	// Closed: no more messages are exchanged, and Receive says why.
	Closed
)

// String returns the state in a word.
func (s State) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Connected:
		return "connected"
	case Reconnecting:
		return "reconnecting"
	}
	return "closed"
}

// status is what the state of a Conn follows from.
type status struct {
	mu      sync.Mutex
	opening bool // the link is not open yet
	offline bool // this side has no connection to the relay
	away    bool // the other side has none
	closed  bool
	changed chan struct{} // made for whoever waits, closed when the state changes
}

func (s *status) state() State {
	switch {
	case s.closed:
		return Closed
	case s.offline, s.away:
		return Reconnecting
	case s.opening:
		return Connecting
	}
	return Connected
}

// set changes what the state follows from.
func (s *status) set(change func(s *status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.state()
	change(s)
	if s.state() != before && s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

func (s *status) get() (State, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.state(), s.changed
}

// State returns how the Conn stands.
func (c *Conn) State() State {
	c.status.mu.Lock()
	defer c.status.mu.Unlock()
	return c.status.state()
}

// WaitState waits until the state of the Conn is not from, and returns it. The error is
// that of ctx. A program that follows the state calls it in a loop; it may miss a state
// that passes quickly.
func (c *Conn) WaitState(ctx context.Context, from State) (State, error) {
	for {
		state, changed := c.status.get()
		if state != from {
			return state, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return state, ctx.Err()
		}
	}
}
