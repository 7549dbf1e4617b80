package relay

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// PathOutcome is how an attempt of two peers for a direct path has ended: fields of
// [protocol.PathOutcome].
type PathOutcome struct{ Outcome, Local, Remote string }

// Outcomes returns the attempts of Stats.Paths by outcome.
func (s *Stats) Outcomes() map[string]uint64 {
	outcomes := make(map[string]uint64, len(protocol.Outcomes))
	for path, n := range s.Paths {
		outcomes[path.Outcome] += n
	}
	return outcomes
}

// longest is how long an attempt counts for at most: a peer can tell any time.
const longest = time.Minute

// countOutcome counts what a peer tells of an attempt (D12).
func (r *Relay) countOutcome(o protocol.PathOutcome) {
	count(&r.counters, &r.counters.paths, PathOutcome{o.Outcome, o.Local, o.Remote}, 1)
	if watch := r.config.Watch; watch != nil && o.Milliseconds > 0 {
		watch.Found(time.Duration(min(o.Milliseconds, uint64(longest/time.Millisecond))) * time.Millisecond)
	}
}
