package quota_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/stretchr/testify/require"
)

var (
	tenAMinute = quota.Rate{Count: 10, Within: time.Minute}
	oneAMinute = quota.Rate{Count: 1, Within: time.Minute}
	plenty     = quota.Rate{Count: 1_000_000, Within: time.Minute}

	errWrong = errors.New("wrong")
)

func no() error  { return errWrong }
func yes() error { return nil }

// trials have a table of their own.
type trials struct {
	*quota.Trials
	table *quota.Table
}

func newTrials(source quota.Rate, loopback bool) *trials {
	table := quota.NewTable(loopback)
	return &trials{quota.NewTrials(table, source), table}
}

// tries checks a secret, and returns how long to wait if it was not checked.
func tries(t testing.TB, b *trials, secret, from string, look func() error) time.Duration {
	t.Helper()
	source, _ := netip.ParseAddr(from) // "" is where nothing is known
	err := b.Try(t.Context(), quota.Ask, source, look, secret)
	var busy *quota.BusyError
	if errors.As(err, &busy) {
		require.Positive(t, busy.After)
		return busy.After
	}
	if err != nil {
		require.Equal(t, errWrong, err)
	}
	return 0
}

func TestBudgetOfOneSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTrials(tenAMinute, false)
		for range 10 {
			require.Zero(t, tries(t, b, "a guess", "192.0.2.1", no))
		}
		require.Equal(t, 6*time.Second, tries(t, b, "a guess", "192.0.2.1", no))
		require.Equal(t, 6*time.Second, tries(t, b, "a guess", "192.0.2.1", yes), "it is not looked at")
		require.Zero(t, tries(t, b, "a guess", "192.0.2.2", no), "another source")

		time.Sleep(6*time.Second - 1)
		require.EqualValues(t, 1, tries(t, b, "a guess", "192.0.2.1", no))
		time.Sleep(time.Nanosecond)
		require.Zero(t, tries(t, b, "right", "192.0.2.1", yes))
		require.Zero(t, tries(t, b, "a guess", "192.0.2.1", no), "a right one costs nothing")
		require.NotZero(t, tries(t, b, "a guess", "192.0.2.1", no))
		require.Zero(t, tries(t, b, "right", "192.0.2.1", yes), "what was right is looked at in any case")
		require.Zero(t, tries(t, b, "right", "192.0.2.1", no))
		require.NotZero(t, tries(t, b, "right", "192.0.2.1", no), "until it is not right any more")

		time.Sleep(time.Hour)
		for range 10 {
			require.Zero(t, tries(t, b, "a guess", "192.0.2.1", no))
		}
		require.NotZero(t, tries(t, b, "a guess", "192.0.2.1", no), "what was not used in an hour is not saved")
	})
}

// TestStrangersUseUpNoBudgetButTheirOwn (threat 61).
func TestStrangersUseUpNoBudgetButTheirOwn(t *testing.T) {
	b := newTrials(oneAMinute, true)
	for i := range 1000 {
		require.Zero(t, tries(t, b, "a guess", fmt.Sprintf("192.0.%d.%d", i/256, i%256), no))
		require.Zero(t, tries(t, b, "a guess", fmt.Sprintf("2001:db8:%x::1", i), no))
	}
	for _, from := range []string{"198.51.100.1", "127.0.0.1", "2001:db8:ffff::1"} {
		require.Zero(t, tries(t, b, "a guess", from, no), from)
	}
}

func TestTrialsBySource(t *testing.T) {
	for _, c := range []struct {
		one, other string
		same       bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		b := newTrials(oneAMinute, false)
		require.Zero(t, tries(t, b, "a guess", c.one, no))
		require.Equal(t, c.same, tries(t, b, "a guess", c.other, no) > 0, "%s, %s", c.one, c.other)
	}
}

// TestASiteHasFourTimesAsMuch, because a /48 has 65,536 networks of 64 bits.
func TestASiteHasFourTimesAsMuch(t *testing.T) {
	b := newTrials(oneAMinute, false)
	for i := range 5 {
		require.Equal(t, i == 4, tries(t, b, "a guess", fmt.Sprintf("2001:db8:0:%x::1", i), no) > 0)
	}
	require.Zero(t, tries(t, b, "a guess", "2001:db8:1::1", no), "another site")
}

func TestLoopbackIsExemptUnlessItIsCounted(t *testing.T) {
	for _, from := range []string{"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"} {
		for _, counted := range []bool{false, true} {
			b := newTrials(oneAMinute, counted)
			require.Zero(t, tries(t, b, "a guess", from, no))
			require.Equal(t, counted, tries(t, b, "a guess", from, no) > 0, from)
		}
	}
	b := newTrials(oneAMinute, false)
	require.Zero(t, tries(t, b, "a guess", "", no))
	require.NotZero(t, tries(t, b, "a guess", "", no), "where nothing is known, all are one source")
}

// TestTrialsAreBounded: a stranger with a new source for each guess fills the table, and locks
// out no further source. Each is looked at and counted.
func TestTrialsAreBounded(t *testing.T) {
	b := newTrials(oneAMinute, false)
	b.table.SetMost(100)
	for i := range 300 {
		from := fmt.Sprintf("192.0.%d.%d", i/256, i%256)
		require.Zero(t, tries(t, b, "a guess", from, no))
		require.NotZero(t, tries(t, b, "a guess", from, no), "it is counted")
		require.LessOrEqual(t, b.table.Known(), 100)
	}
}

// TestWhatIsUnderWayCounts: of many concurrent secrets of one source, as many are checked as it
// may have wrong ones, and the others only after those were right (threat 61).
func TestWhatIsUnderWayCounts(t *testing.T) {
	for _, c := range []struct {
		verdict         error
		asked, lookedAt int64
	}{{errWrong, 300, 10}, {nil, 200, 200}} {
		synctest.Test(t, func(t *testing.T) {
			b := newTrials(tenAMinute, false)
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
		b := newTrials(tenAMinute, false)
		require.Zero(t, tries(t, b, "right", "198.51.100.1", yes))
		require.Zero(t, tries(t, b, "a guess", "198.51.100.1", no))
		require.Zero(t, tries(t, b, "a guess", "192.0.2.66", no))

		var all sync.WaitGroup
		var mu sync.Mutex
		var order []string
		answers := make(chan struct{})
		ask := func(secret, from string) {
			all.Go(func() {
				_ = b.Try(t.Context(), quota.Ask, netip.MustParseAddr(from), func() error {
					mu.Lock()
					order = append(order, secret)
					mu.Unlock()
					<-answers
					return errWrong
				}, secret)
			})
			synctest.Wait()
		}
		for i := range quota.AskedAtOnce {
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
			order[quota.AskedAtOnce:])
	})
}

// TestTrialsThatWaitAreBounded: one source fills no more than half of the places, and the
// time that a trial waits is bounded by its context.
func TestTrialsThatWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTrials(oneAMinute, false)
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
	table, p := quota.NewTable(false), quota.NewPlaces(10)
	at := func(from string) quota.Place {
		place, why, _ := connect(t, table, from, quota.Limits{Connections: 1, Connects: plenty})
		require.Equal(t, quota.None, why)
		return place
	}
	one, other, another, none := at("2001:db8::1"), at("2001:db8:0:1::1"), at("192.0.2.1"), quota.Place{}
	for range 3 {
		require.True(t, p.Take(one))
		require.True(t, p.Take(other), "of the same site")
	}
	require.False(t, p.Take(one), "6 of 10 are taken")
	require.True(t, p.Take(another))
	require.True(t, p.Take(another))
	require.True(t, p.Take(another), "as many as are free")
	require.False(t, p.Take(another))
	require.True(t, p.Take(none))
	require.False(t, p.Take(none), "all are taken")
	p.GiveBack(one)
	require.True(t, p.Take(none))
}

// TestATrialThatPanicsGivesItsPlaceBack, because net/http goes on after it.
func TestATrialThatPanicsGivesItsPlaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTrials(oneAMinute, false)
		require.Panics(t, func() {
			_ = b.Try(t.Context(), quota.Ask, netip.MustParseAddr("192.0.2.1"), func() error { panic("a fault") }, "a guess")
		})
		require.Zero(t, tries(t, b, "a guess", "192.0.2.1", no))
		time.Sleep(time.Minute)
		require.Zero(t, tries(t, b, "a guess", "192.0.2.1", no), "nothing of it is left")
	})
}
