//go:build unix

package history_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

// TestCheckingTakesTimeInProportion counts CPU time, because other programs may hold this one up.
func TestCheckingTakesTimeInProportion(t *testing.T) {
	took := func(steps int) time.Duration {
		events := generate(1, 500, steps)
		require.Greater(t, len(events), steps/2)
		best := time.Hour
		for range 3 {
			begun := cpuTime(t)
			require.True(t, history.Check(events, history.Rules{}).OK())
			best = min(best, cpuTime(t)-begun)
		}
		return best
	}
	small, large := took(10_000), took(100_000)
	require.Less(t, large, 40*small, "ten times the events took %v instead of %v", large, small)
}

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
