package admit_test

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/stretchr/testify/require"
)

// TestWhatIsUnderWayCounts: of many secrets of one source at once, as many are looked at as
// it may have wrong ones, the others only after those were right (threat 61).
func TestWhatIsUnderWayCounts(t *testing.T) {
	for _, c := range []struct {
		verdict         error
		asked, lookedAt int64
	}{{errWrong, 300, 10}, {nil, 200, 200}} {
		synctest.Test(t, func(t *testing.T) {
			b := admit.NewBudget(tenAMinute, false)
			var all sync.WaitGroup
			var now, most, ever, busy atomic.Int64
			answer := make(chan struct{})
			for i := range c.asked {
				all.Go(func() {
					if tries(t, b, fmt.Sprint(i), fmt.Sprintf("2001:db8::%x", i), func() error {
						ever.Add(1)
						for n := now.Add(1); n > most.Load(); n = now.Load() {
							most.Store(n)
						}
						<-answer
						now.Add(-1)
						return c.verdict
					}) > 0 {
						busy.Add(1)
					}
				})
			}
			synctest.Wait()
			require.EqualValues(t, 10, now.Load())
			require.Zero(t, tries(t, b, "a guess", "198.51.100.1", no), "another source")
			close(answer)
			all.Wait()
			require.EqualValues(t, 10, most.Load())
			require.Equal(t, c.lookedAt, ever.Load())
			require.Equal(t, c.asked-c.lookedAt, busy.Load())
		})
	}
}

// TestWhoGoesFirst: when all places are taken, a secret that was right before goes first,
// then sources without wrong secrets, those with fewer under way before the others, and the
// others last (threat 61).
func TestWhoGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admit.NewBudget(tenAMinute, false)
		require.Zero(t, tries(t, b, "right", "198.51.100.1", yes))
		require.Zero(t, tries(t, b, "a guess", "198.51.100.1", no))
		require.Zero(t, tries(t, b, "a guess", "192.0.2.66", no))

		var all sync.WaitGroup
		var mu sync.Mutex
		var order []string
		answers := make(chan struct{})
		ask := func(secret, from string) {
			all.Go(func() {
				_ = b.Ask(t.Context(), admit.Request{Secret: []byte(secret), Source: netip.MustParseAddr(from)}, func() error {
					mu.Lock()
					order = append(order, secret)
					mu.Unlock()
					<-answers
					return errWrong
				})
			})
			synctest.Wait()
		}
		for i := range admit.AskedAtOnce {
			ask("busy", fmt.Sprintf("2001:db8:%x::1", i))
		}
		ask("of one who failed", "192.0.2.66")
		ask("of a site with one under way", "2001:db8:3f:2::1")
		ask("of a newcomer", "192.0.2.1")
		ask("its second", "192.0.2.1")
		ask("of another newcomer", "192.0.2.2")
		ask("right", "198.51.100.1")
		for range 6 {
			answers <- struct{}{}
			synctest.Wait()
		}
		close(answers)
		all.Wait()
		require.Equal(t, []string{"right", "of a newcomer", "of another newcomer", "of a site with one under way", "its second", "of one who failed"},
			order[admit.AskedAtOnce:])
	})
}

// TestTrialsThatWaitAreBounded: one source fills no more than half of the places, and the
// time that a trial waits is bounded by its context.
func TestTrialsThatWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admit.NewBudget(oneAMinute, false)
		var all sync.WaitGroup
		var busy atomic.Int64
		answer := make(chan struct{})
		hold := func() error { <-answer; return nil }
		for range 500 {
			all.Go(func() {
				if tries(t, b, "a guess", "192.0.2.1", hold) > 0 {
					busy.Add(1)
				}
			})
		}
		synctest.Wait()
		require.InDelta(t, 250, busy.Load(), 2)
		require.Zero(t, tries(t, b, "a guess", "198.51.100.1", yes), "there is a place for others")
		close(answer)
		all.Wait()
	})
}

func TestPlaces(t *testing.T) {
	p := admit.NewPlaces(10)
	one, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:0:1::1")
	for range 3 {
		require.True(t, p.Take(one))
		require.True(t, p.Take(other), "of the same site")
	}
	require.False(t, p.Take(one), "6 of 10 are taken")
	require.True(t, p.Take(netip.MustParseAddr("192.0.2.1")))
	require.True(t, p.Take(netip.MustParseAddr("192.0.2.1")))
	require.True(t, p.Take(netip.MustParseAddr("192.0.2.1")), "as many as are free")
	require.False(t, p.Take(netip.MustParseAddr("192.0.2.1")))
	require.True(t, p.Take(netip.Addr{}))
	require.False(t, p.Take(netip.Addr{}), "all are taken")
	p.GiveBack(one)
	require.True(t, p.Take(netip.Addr{}))
}

// TestATrialThatPanicsGivesItsPlaceBack, because net/http goes on after it.
func TestATrialThatPanicsGivesItsPlaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admit.NewBudget(oneAMinute, false)
		require.Panics(t, func() { _ = b.Ask(t.Context(), asks("a guess", "192.0.2.1"), func() error { panic("a fault") }) })
		require.Zero(t, tries(t, b, "a guess", "192.0.2.1", no))
		time.Sleep(time.Minute)
		now, _ := b.Remembered()
		require.Equal(t, 1, now)
	})
}
