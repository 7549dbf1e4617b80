//go:build linux

package main

import (
	"context"
	"sync"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// A sight is what the two ends of a pair see of a fault: it tells the time until the SDK
// notices from the time until it is back.
type sight struct {
	mu        sync.Mutex
	noticed   time.Time // when the first of the two was not connected any more
	connected time.Time // when the last of them was again
}

// follow looks at one end until the context ends.
func (s *sight) follow(ctx context.Context, c *sdk.Conn) {
	for state := c.State(); ; {
		var err error
		if state, err = c.WaitState(ctx, state); err != nil {
			return
		}
		s.note(state)
	}
}

func (s *sight) note(state sdk.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state == sdk.Connected:
		s.connected = time.Now()
	case s.noticed.IsZero():
		s.noticed = time.Now()
	}
}

// begin forgets what was before.
func (s *sight) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noticed, s.connected = time.Time{}, time.Time{}
}

// saw returns how long after a moment it was noticed, and how long after that both were
// back. It is false if nobody has noticed anything.
func (s *sight) saw(begin time.Time) (noticed, away time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noticed.IsZero() || s.connected.Before(s.noticed) {
		return 0, 0, false
	}
	return s.noticed.Sub(begin), s.connected.Sub(s.noticed), true
}
