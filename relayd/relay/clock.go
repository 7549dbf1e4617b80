package relay

import (
	"time"

	"github.com/sebas642/intercessor/relayd/resume"
)

const (
	// clockSlack is how far two clocks may be apart before one of them counts as wrong.
	clockSlack = 24 * time.Hour

	// clockGrace is how long after its end a token is still good when the relay has just
	// started: the clock may have been set in between, or have been wrong before.
	clockGrace = 7 * 24 * time.Hour

	// clockWait is after what time a peer comes again that only a right clock can let in.
	clockWait = 30 * time.Second
)

// clock is the time as rooms count it, in milliseconds since the start.
func (r *Relay) clock() int64 { return time.Since(r.started).Milliseconds() }

// dates gives the time of day as the machine has it, and as it would be if nobody had set
// the machine's clock since the relay began; the earlier one first. A token is valid as
// long as one of them says so: no peer is refused because a clock was set.
func (r *Relay) dates() (earlier, later time.Time) {
	now, counted := time.Now().Round(0), r.started.Add(time.Since(r.started)).Round(0)
	if counted.Before(now) {
		return counted, now
	}
	return now, counted
}

// returning says that servers of an earlier relay may still come back (R10).
func (r *Relay) returning() bool { return r.clock() < r.surely.Load() }

// lookAtClock notes whether the time of day can be right, and logs when that changes. New
// and the sweeper call it. Once the clock was set, v1 peers get tokens of the right time.
func (r *Relay) lookAtClock() {
	now := time.Now()
	wrong := now.Before(r.config.NotBefore.Add(-clockSlack))
	switch {
	case wrong == r.clockWrong.Swap(wrong):
	case wrong:
		r.log.slog.Error("the clock of this machine is wrong: set it; until then no peer is refused for good because of the time",
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

// lookAhead warns once if a token says that it was signed later than now.
func (r *Relay) lookAhead(id resume.Identity, now time.Time) {
	if ahead := id.Signed().Sub(now); ahead > clockSlack {
		r.ahead.Do(func() {
			r.log.slog.Warn("a resume token was signed later than now: the clock of this machine is behind, or that of the relay which signed it was ahead", "ahead", ahead)
		})
	}
}
