package form

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pace is the time that a user takes before the next thing, or a fault before it is healed: a
// random one, at least least and less than most. It is part of the workload, and ends with ctx.
func Pace(ctx context.Context, random *rand.Rand, least, most time.Duration) {
	Pause(ctx, least+time.Duration(random.Int64N(int64(most-least))))
}

// Pause is Pace with a time that is not random.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Within says whether something becomes true within a time. It looks again and again: it is
// for what the kernel or the Go runtime counts, of which no event tells.
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
