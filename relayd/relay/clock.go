package relay

import (
	"time"

	"github.com/sebas642/intercessor/relayd/resume"
)

const (
	// clockSlack is how far two clocks may be apart before one of them counts as wrong.
	clockSlack = 24 * time.Hour

	// clockGrace is how long after its expiry a token is still valid when the relay has
	// just started: the clock may have been set since, or have been wrong before.
	clockGrace = 7 * 24 * time.Hour

	// clockWait is how long a peer waits before it tries again while the clock is wrong.
	clockWait = 30 * time.Second
)

// clock returns the time of rooms: milliseconds since the start.
func (r *Relay) clock() int64 { return time.Since(r.started).Milliseconds() }

// dates returns the time of day by the machine's clock, and as it would be if that clock
// had not been set since the relay started. The earlier of the two comes first. A token is
// valid if it is by one of them, so that setting the clock refuses no peer.
func (r *Relay) dates() (earlier, later time.Time) {
	now, counted := time.Now().Round(0), r.started.Add(time.Since(r.started)).Round(0)
	if counted.Before(now) {
		return counted, now
	}
	return now, counted
}

// returning reports whether servers of an earlier relay may still come back (R10).
func (r *Relay) returning() bool { return r.clock() < r.returnUntil.Load() }

// lookAtClock stores whether the time of day is wrong, and logs a change. After a
// correction v1 peers get new tokens. New and the sweeper call it.
func (r *Relay) lookAtClock() {
	now := time.Now()
	wrong := now.Before(r.config.NotBefore.Add(-clockSlack))
	switch {
	case wrong == r.clockWrong.Swap(wrong):
	case wrong:
		r.log.slog.Error("the clock of this machine is wrong: set it; until then peers with expired tokens are asked to try again",
			"clock", now, "not_before", r.config.NotBefore)
	default:
		r.log.slog.Info("the clock of this machine was set", "clock", now)
		r.mu.Lock()
		defer r.mu.Unlock()
		for s := range r.sessions {
			if s.v1 && s.greeted.Load() {
				s.due.Store(r.conns.Now())
			}
		}
	}
}

// lookAhead logs, once, that a token was signed in the future.
func (r *Relay) lookAhead(id resume.Identity, now time.Time) {
	if ahead := id.Signed().Sub(now); ahead > clockSlack {
		r.ahead.Do(func() {
			r.log.slog.Warn("a resume token was signed in the future: the clock of this machine is behind, or the clock of the relay that signed it was ahead", "ahead", ahead)
		})
	}
}
