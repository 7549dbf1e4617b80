package quota_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/stretchr/testify/require"
)

func paceOf(frames, bytes int64, burst time.Duration) *quota.PaceRates {
	return &quota.PaceRates{Frames: quota.PerSecondFor(frames, burst), Bytes: quota.PerSecondFor(bytes, burst), Streams: quota.PerSecondFor(bytes/2, burst)}
}

// TestPace: a peer may send its burst at once, and what it sends beyond it is waited for, by the
// slower of the two rates.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		rates, tick := paceOf(100, 1000, 2*time.Second), int64(1)
		var p quota.Pace
		take := func(frames, bytes int) time.Duration {
			return p.Take(rates, quota.Amount{Frames: frames, Bytes: bytes}, tick, start)
		}
		require.Zero(t, take(200, 0), "the burst")
		require.Equal(t, 10*time.Millisecond, take(1, 0))
		require.Equal(t, time.Second, take(0, 3000), "a burst of bytes, and 1000 beyond it")
		time.Sleep(time.Second)
		require.Equal(t, time.Millisecond, take(0, 1), "the clock is read again when nothing is left")
		time.Sleep(time.Hour)
		tick++
		require.Zero(t, take(200, 2000))
		require.Equal(t, 10*time.Millisecond, take(1, 0), "no more than the burst is saved up")
	})
}

// TestPaceOfStreams: byte streams have a rate of their own, which costs messages nothing.
func TestPaceOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rates := paceOf(1000, 1000, 2*time.Second)
		var p quota.Pace
		take := func(a quota.Amount) time.Duration { return p.Take(rates, a, 1, time.Now()) }
		require.Zero(t, take(quota.Amount{Bytes: 1000, Streams: 1000}), "the burst")
		require.Equal(t, 200*time.Millisecond, take(quota.Amount{Bytes: 100, Streams: 100}))
		require.Zero(t, take(quota.Amount{Bytes: 900}))
		require.Equal(t, time.Millisecond, take(quota.Amount{Bytes: 1}))
	})
}

// TestPaceIsAsExactAsItsRates: what does not divide by the second is not lost.
func TestPaceIsAsExactAsItsRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		rates := paceOf(20_000, 32<<20, time.Second)
		var p quota.Pace
		sent := int64(0)
		for sent < 64<<20 {
			time.Sleep(p.Take(rates, quota.Amount{Frames: 1, Bytes: 32 << 10}, 1, start))
			sent += 32 << 10
		}
		require.InDelta(t, time.Second, time.Since(start), float64(5*time.Millisecond), "one second beyond the burst")
	})
}

// TestLowestRates: whatever a peer sends, one read of it is never so far ahead that the relay
// would close it. A message is the most that is read at once.
func TestLowestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lowest, message, holdWithin = 64 << 10, 64<<10 + 14, 5 * time.Second
		burst := 100 * time.Millisecond
		rates := &quota.PaceRates{Frames: quota.PerSecondFor(10, burst), Bytes: quota.PerSecondFor(lowest, burst), Streams: quota.PerSecondFor(lowest, burst)}
		start := time.Now()
		var p quota.Pace
		for range 1000 {
			wait := p.Take(rates, quota.Amount{Frames: 1, Bytes: message, Streams: message}, 1, start)
			require.Less(t, wait, holdWithin)
			time.Sleep(wait)
		}
	})
}

func BenchmarkPace(b *testing.B) {
	start, rates := time.Now(), paceOf(1<<40, 1<<50, time.Second)
	var p quota.Pace
	for range b.N {
		p.Take(rates, quota.Amount{Frames: 1, Bytes: 200}, 1, start)
	}
}
