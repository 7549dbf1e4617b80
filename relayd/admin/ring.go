package admin

import (
	"slices"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/turn"
)

const (
	sampleEvery = 2 * time.Second
	maxSamples  = 301 // ten minutes
)

// A sample is a relay's figures at a time.
type sample struct {
	at time.Time
	relay.Stats
	turn turn.Stats // zero without a TURN server
}

// A ring keeps the last samples. Its zero value has none.
type ring struct {
	mu      sync.Mutex
	samples []sample // guarded by mu; the oldest first
}

func (r *ring) add(s sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.samples) == maxSamples {
		copy(r.samples, r.samples[1:])
		r.samples = r.samples[:maxSamples-1]
	}
	r.samples = append(r.samples, s)
}

// all returns a copy.
func (r *ring) all() []sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.samples)
}
