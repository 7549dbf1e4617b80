package form

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pace waits for a random time, from least to less than most, or until ctx ends. It is part of
// the workload: the time between a user's actions, or the length of a fault.
func Pace(ctx context.Context, random *rand.Rand, least, most time.Duration) {
	Pause(ctx, least+time.Duration(random.Int64N(int64(most-least))))
}

// Pause is Pace with a fixed time.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Within reports whether holds becomes true within d. It polls: use it for counts of the kernel
// or the Go runtime, which have no events.
func Within(d time.Duration, holds func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	for !holds() {
		if ctx.Err() != nil {
			return false
		}
		Pause(ctx, 5*time.Millisecond)
	}
	return true
}
