package rtc_test

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// pooled starts a pair of which the side that answers has the Pool, or none.
func pooled(answering *rtc.Pool) *pair {
	p := &pair{}
	p.offering = rtc.New(rtc.Options{Offer: true, Signal: p.wire(&p.answering)})
	full := func() bool { p.offering.Refused(); return true }
	p.answering = rtc.New(rtc.Options{Pool: answering, Signal: p.wire(&p.offering), Full: full})
	p.offering.Start()
	p.answering.Start()
	return p
}

func (p *pair) close(t testing.TB) {
	require.NoError(t, p.offering.Close())
	require.NoError(t, p.answering.Close())
}

// usage is what a program uses of the system.
type usage struct{ descriptors, goroutines, memory int }

func used(t testing.TB) usage {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return usage{len(open), runtime.NumGoroutine(), int(m.HeapInuse + m.StackInuse)}
}

// idle connects n peers to as many that have the Pool, or none. It returns what each peer
// uses of memory and goroutines, and what all use of descriptors.
func idle(t testing.TB, n int, pool *rtc.Pool) (each usage) {
	before := used(t)
	pairs := make([]*pair, n)
	var all sync.WaitGroup
	turns := make(chan struct{}, 8)
	for i := range pairs {
		pairs[i] = pooled(pool)
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			open(t, pairs[i].offering, pairs[i].answering, "idle")
		})
	}
	all.Wait()
	after := used(t)
	for _, p := range pairs {
		all.Go(func() { p.close(t) })
	}
	all.Wait()
	return usage{after.descriptors - before.descriptors, (after.goroutines - before.goroutines) / 2 / n, (after.memory - before.memory) / 2 / n}
}

// TestAPoolSharesItsSockets: however many peers share a Pool, they use a socket for each
// address of this host. The peers on the other side have their own.
func TestAPoolSharesItsSockets(t *testing.T) {
	const n = 32
	alone := idle(t, 1, nil).descriptors / 2
	pool := rtc.NewPool(n)
	defer pool.Close()
	of := idle(t, n, pool)
	require.LessOrEqual(t, of.descriptors-n*alone, 16+4)
	require.LessOrEqual(t, of.goroutines, 22, "of a peer")
}

// BenchmarkIdleConnections prints what 256 idle connections use, both ends together for
// descriptors.
func BenchmarkIdleConnections(b *testing.B) {
	const n = 256
	for name, shared := range map[string]bool{"pool": true, "alone": false} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var pool *rtc.Pool
				if shared {
					pool = rtc.NewPool(n)
				}
				of := idle(b, n, pool)
				if shared {
					pool.Close()
				}
				b.ReportMetric(float64(of.descriptors), "descriptors")
				b.ReportMetric(float64(of.goroutines), "goroutines/peer")
				b.ReportMetric(float64(of.memory), "B/peer")
			}
		})
	}
}

// TestAPoolIsFull: the peer that comes too late hears so at once, and another that comes
// later takes the capacity that was given back.
func TestAPoolIsFull(t *testing.T) {
	pool := rtc.NewPool(1)
	defer pool.Close()
	first := pooled(pool)
	open(t, first.offering, first.answering, "first")

	late := pooled(pool)
	defer late.close(t)
	_, err := late.offering.OpenChannel(within(t), "late")
	var noPath *rtc.ICEError
	require.ErrorAs(t, err, &noPath)
	require.Equal(t, rtc.CauseBusy, noPath.Cause)
	require.True(t, noPath.There, "the other peer has said so")
	require.Zero(t, late.count("ANSWER"))
	_, err = late.answering.OpenChannel(within(t), "late")
	require.ErrorAs(t, err, &noPath)
	require.Equal(t, rtc.CauseBusy, noPath.Cause)

	deaf := &pair{} // that cannot be told, so that it is not bounded
	deaf.offering = rtc.New(rtc.Options{Offer: true, Signal: deaf.wire(&deaf.answering)})
	deaf.answering = rtc.New(rtc.Options{Pool: pool, Signal: deaf.wire(&deaf.offering)})
	deaf.offering.Start()
	deaf.answering.Start()
	open(t, deaf.offering, deaf.answering, "deaf")
	deaf.close(t)

	a, b := open(t, first.offering, first.answering, "second")
	sendText(t, a, "still there")
	wantText(t, b, "still there")
	first.close(t)

	next := pooled(pool)
	defer next.close(t)
	open(t, next.offering, next.answering, "next")
}

// TestALostPathGivesItsPlaceBack: a path that has failed uses no capacity and no connection,
// although its Peers are not closed yet.
func TestALostPathGivesItsPlaceBack(t *testing.T) {
	pool := rtc.NewPool(1)
	defer pool.Close()
	lost := pooled(pool)
	defer lost.close(t)
	open(t, lost.offering, lost.answering, "lost")
	pc, err := lost.answering.PeerConnection()
	require.NoError(t, err)
	lost.answering.FailICE()

	next := pooled(pool)
	defer next.close(t)
	open(t, next.offering, next.answering, "next")
	require.Eventually(t, func() bool {
		return pc.ConnectionState() == webrtc.PeerConnectionStateClosed
	}, 2*time.Minute, 10*time.Millisecond)
}
