package signaling

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// moveEvery is the average wait before retrying a relay that refuses connections because
// it restarts.
const moveEvery = time.Second

// move is the attempt to have a new connection before the old one ends, because the
// relay asked for it (D8). Where another relay takes over, nothing is interrupted;
// where the same one comes back later, the old connection serves until then.
type move struct {
	cancel context.CancelFunc
	over   sync.WaitGroup // the goroutine that tries
	to     *connection    // read after over: the new connection, nil if there is none

	trying atomic.Bool // an attempt is under way
	last   atomic.Bool // there is to be no other after it
}

// startMove begins to try for a new connection beside c.
func (s *Session) startMove(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != c || s.moving != nil || s.err != nil {
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	m := &move{cancel: cancel}
	s.moving = m
	m.over.Go(func() { m.to = s.tryMove(ctx, m, c) })
}

func (s *Session) tryMove(ctx context.Context, m *move, old *connection) *connection {
	for {
		attempt, cancel := context.WithTimeout(ctx, resumeWithin)
		m.trying.Store(true)
		next, err := s.connect(attempt)
		m.trying.Store(false)
		cancel()
		if err == nil {
			old.drop(errRestarting) // serve returns, and finds the new one
			return next
		}
		wait := moveEvery/2 + rand.N(moveEvery)
		if closed, ok := err.(*RelayError); ok {
			wait = max(wait, toldWait(closed.Reason))
		}
		if m.last.Load() || !mayResume(err) || !sleep(ctx, wait, nil) {
			return nil // the old connection goes on, and says itself how it ends
		}
	}
}

// moved ends the attempt to move, if there is one, when the old connection has ended
// with err. It returns the new connection, nil if there is none.
func (s *Session) moved(err error) *connection {
	s.mu.Lock()
	m := s.moving
	s.mu.Unlock()
	if m == nil {
		return nil
	}
	m.last.Store(true)
	if !isReplaced(err) || !m.trying.Load() {
		m.cancel()
	} // else it is the attempt under way that takes the place of the old one (R5)
	m.over.Wait()
	m.cancel()
	s.mu.Lock()
	s.moving = nil
	s.mu.Unlock()
	return m.to
}
