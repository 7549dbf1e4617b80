package sdk

import (
	"context"
	"strconv"
	"sync"
)

// State says how a Conn, or a Listener, stands.
type State uint8

const (
	// Connecting: the other side has not answered yet. Messages can be sent. A Listener
	// is never in this state.
	Connecting State = iota

	// Connected: messages go to the other side, over the relay or directly. A Listener is at
	// the relay.
	Connected

	// Reconnecting: this side or the other is away and may return, and there is no direct
	// path. Messages sent in this state arrive afterwards. A Listener: it is away itself.
	Reconnecting

	// Closed: no more messages are exchanged, no more clients come, and Err says why.
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
	case Closed:
		return "closed"
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// status determines the state of a Conn or Listener.
type status struct {
	mu      sync.Mutex
	opening bool          // the link is not open yet
	direct  bool          // the direct path is up
	offline bool          // this side has no connection to the relay
	away    bool          // the other side has none
	err     error         // why it is closed; the first reason stays
	changed chan struct{} // made by the first waiter, closed when the state changes
}

func (s *status) state() State {
	switch {
	case s.err != nil:
		return Closed
	case !s.direct && (s.offline || s.away):
		return Reconnecting
	case s.opening:
		return Connecting
	}
	return Connected
}

// set changes the status.
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

// end notes the first reason for the end, and reports whether this was it.
func (s *status) end(err error) (first bool) {
	s.set(func(s *status) {
		if first = s.err == nil; first {
			s.err = err
		}
	})
	return first
}

// reason returns the reason for the end, or nil.
func (s *status) reason() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// now returns the state.
func (s *status) now() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state()
}

// wait waits until the state is not from.
func (s *status) wait(ctx context.Context, from State) (State, error) {
	for {
		state, changed := s.get()
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

// State returns the state of the Conn.
func (c *Conn) State() State { return c.status.now() }

// WaitState waits until the state of the Conn differs from from, and returns it. The error is
// ctx.Err(). A program that follows the state calls it in a loop; it may miss a short state.
func (c *Conn) WaitState(ctx context.Context, from State) (State, error) {
	return c.status.wait(ctx, from)
}

// Err returns why no more messages are exchanged, as Receive does after the last message. It
// is nil until State is Closed. It then stays the same, also after a later Close.
func (c *Conn) Err() error { return c.status.reason() }

// State returns the state of the listener: Connected, Reconnecting, or Closed after Close or
// the end of the session. The state of each client is that of its Conn.
func (l *Listener) State() State { return l.status.now() }

// WaitState waits until the state of the listener differs from from, and returns it, as
// Conn.WaitState does.
func (l *Listener) WaitState(ctx context.Context, from State) (State, error) {
	return l.status.wait(ctx, from)
}

// Err returns why no more clients come, as Accept does after the last client. It is nil until
// State is Closed.
func (l *Listener) Err() error { return l.status.reason() }
