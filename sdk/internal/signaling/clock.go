package signaling

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
)

const (
	// silenceWithin is how long a v1 connection may say nothing: the relay beats (D1).
	silenceWithin = protocol.SilenceWithin * time.Second

	// hintedAfter is how old a connection must be for a changed network to matter, if
	// nothing else is known.
	hintedAfter = 5 * time.Second

	// hintsApart is how far apart hints must be to count.
	hintsApart = time.Second

	// maxTryFor bounds what a relay can ask for when it restarts.
	maxTryFor = time.Hour
)

// rearm has onTime look at once when the next thing is due.
func (s *Session) rearm() {
	if s.v1 {
		s.sooner.Store(true)
		s.timer.Reset(0)
	}
}

// onTime does what is to be done at certain times, all of it with one timer. No goroutine
// waits for it.
func (s *Session) onTime() {
	s.timing.Lock()
	defer s.timing.Unlock()
	s.telling.Lock()
	serving := s.handler != nil
	s.telling.Unlock()
	if !serving || s.reason() != nil {
		return
	}
	s.sooner.Store(false)
	now := time.Now()
	s.timer.Reset(max(s.due(now).Sub(now), time.Millisecond))
	if s.sooner.Load() {
		s.timer.Reset(0) // which the Reset before may have undone
	}
}

// due does what is due, and returns when the next thing is.
func (s *Session) due(now time.Time) time.Time {
	next := s.look(now)
	s.mu.Lock()
	c, at := s.current, s.restartAt
	s.mu.Unlock()
	switch {
	case c == nil || at.IsZero():
	case now.Before(at):
		next = earlier(next, at)
	default:
		s.mu.Lock()
		s.restartAt = time.Time{}
		s.mu.Unlock()
		s.startMove(c)
	}
	s.tell(func(now time.Time) []Event {
		events := s.presence.pass(now)
		if !s.presence.next.IsZero() {
			next = earlier(next, s.presence.next)
		}
		return events
	})
	return next
}

// look drops a connection on which nothing has come for too long, or can come, and returns
// when to look again.
func (s *Session) look(now time.Time) time.Time {
	s.mu.Lock()
	c := s.current
	s.mu.Unlock()
	if c == nil || !c.v1 {
		return now.Add(silenceWithin)
	}
	silent := c.silent(now)
	switch {
	case c.stranded.Load():
		c.drop(errNetworkChanged)
		return now.Add(silenceWithin)
	case silent >= silenceWithin:
		c.drop(errSilent)
		return now.Add(silenceWithin)
	}
	return now.Add(silenceWithin - silent)
}

// NetworkChanged is an optional hint that the network is available again or has changed. A
// session that is reconnecting retries at once, unless the relay has told it how long to
// wait. A connection that is up is dropped and resumed, because it would not survive the
// change. In a page the browser gives the hint itself; elsewhere a session notices it when this
// machine's address changes.
func (s *Session) NetworkChanged() { s.networkChanged(hintedAfter) }

// networkChanged drops only a connection that is older than than. Hints less than
// hintsApart after one that counted are ignored.
func (s *Session) networkChanged(than time.Duration) {
	now := time.Now()
	s.mu.Lock()
	c := s.current
	counts := s.v1 && now.Sub(s.hinted) >= hintsApart && (c == nil || now.Sub(c.since) > than)
	if counts {
		s.hinted = now
	}
	s.mu.Unlock()
	switch {
	case !counts:
	case c != nil:
		c.drop(errNetworkChanged)
	default:
		s.retry()
	}
}

// retry has a session that is reconnecting try at once.
func (s *Session) retry() {
	post(s.hint)
	s.mu.Lock()
	hurry := s.hurry
	s.mu.Unlock()
	if hurry != nil {
		hurry()
	}
}

// restarting notes when the relay wants this peer to resume, and for how long it asks
// to try (D8).
func (s *Session) restarting(r protocol.Restarting) {
	in := min(time.Duration(r.ReconnectIn)*time.Millisecond, maxTryFor)
	try := min(time.Duration(r.TryFor)*time.Millisecond, maxTryFor)
	now := time.Now()
	s.mu.Lock()
	s.restartAt, s.tryUntil = now.Add(in), now.Add(in+try)
	s.mu.Unlock()
	s.rearm()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
