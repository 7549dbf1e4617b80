package quota_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/stretchr/testify/require"
)

// A guesser guesses for connected peers.
type guesser struct {
	*quota.Table
	rates quota.GuessRates
}

func newGuesser(source, all quota.Rate, loopback bool) *guesser {
	return &guesser{quota.NewTable(loopback), quota.GuessRates{Source: source, All: all}}
}

// Begin begins a guess of a peer that connects for it, and leaves.
func (g *guesser) Begin(from netip.Addr, lenient bool) quota.Guess {
	p, _, _ := g.Connect(from, quota.Limits{Connections: 1, Connects: plenty})
	defer g.Leave(p)
	return g.Guess(p, g.rates, lenient)
}

// guesses are a source's: each is looked at when its wait is over, and found wrong.
func guesses(g *guesser, from netip.Addr, n int) (looked, never int) {
	for range n {
		guess := g.Begin(from, false)
		if guess.Never {
			never++
			continue
		}
		time.Sleep(guess.Wait)
		guess.Wrong()
		looked++
	}
	return looked, never
}

func TestWrongGuessesOfOneSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(tenAMinute, plenty, false)
		from := netip.MustParseAddr("192.0.2.1")
		for range 10 {
			guess := g.Begin(from, false)
			require.Zero(t, guess.Wait)
			require.Zero(t, guess.Wrong())
		}
		next := g.Begin(from, false)
		require.Equal(t, 6*time.Second, next.Wait, "its turn")
		require.False(t, next.Never)
		third := g.Begin(from, false)
		require.True(t, third.Never, "one waits already")
		require.Equal(t, 12*time.Second, third.Wait)
		require.Zero(t, g.Begin(netip.MustParseAddr("192.0.2.2"), false).Wait, "another source")
		next.Wrong() // it was counted when it began to wait
		time.Sleep(11*time.Second + 999*time.Millisecond)
		require.NotZero(t, g.Begin(from, false).Wait)
		time.Sleep(time.Hour)
		begin := time.Now()
		looked, _ := guesses(g, from, 100)
		require.Equal(t, 100, looked)
		require.Equal(t, 90*6*time.Second, time.Since(begin), "what was not used in an hour is not saved")
	})
}

func TestRightGuessesCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(tenAMinute, plenty, false)
		from := netip.MustParseAddr("192.0.2.1")
		var crowd []quota.Guess
		for range 1000 { // at once
			guess := g.Begin(from, false)
			require.Zero(t, guess.Wait)
			crowd = append(crowd, guess)
		}
		for _, guess := range crowd {
			guess.Right()
		}
		guesses(g, from, 10)
		for range 50 { // of a source that has none left, too
			guess := g.Begin(from, false)
			require.False(t, guess.Never)
			require.LessOrEqual(t, guess.Wait, 6*time.Second)
			time.Sleep(guess.Wait)
			guess.Right()
		}
		time.Sleep(time.Minute)
		looked, _ := guesses(g, from, 10)
		require.Equal(t, 10, looked)
		require.NotZero(t, g.Begin(from, false).Wait)
	})
}

// TestGuessesThatBeginTogether: those that are looked at before the first is found
// wrong are not too many for long.
func TestGuessesThatBeginTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(tenAMinute, plenty, false)
		from := netip.MustParseAddr("192.0.2.1")
		var crowd []quota.Guess
		for range 100 {
			crowd = append(crowd, g.Begin(from, false))
		}
		for _, guess := range crowd {
			guess.Wrong()
		}
		guess := g.Begin(from, false)
		require.True(t, guess.Never)
		require.Equal(t, 91*6*time.Second, guess.Wait, "ninety too many, and this one")
	})
}

func TestWrongGuessesOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(plenty, quota.Rate{Count: 100, Within: time.Second}, false)
		wrong := func(i byte) time.Duration {
			guess := g.Begin(netip.AddrFrom4([4]byte{192, 0, 2, i}), false)
			require.Zero(t, guess.Wait, "what others do keeps nobody waiting")
			return guess.Wrong()
		}
		for i := range byte(100) {
			require.Zero(t, wrong(i))
		}
		for range 100 {
			require.Equal(t, time.Second, wrong(200), "it knows too late that it was wrong")
		}
		time.Sleep(10 * time.Millisecond)
		require.Zero(t, wrong(201))
		require.NotZero(t, wrong(202))
		g.rates.All = quota.Rate{Count: 1000, Within: time.Second}
		time.Sleep(10 * time.Millisecond)
		for range 10 {
			require.Zero(t, wrong(203))
		}
		require.NotZero(t, wrong(203))
	})
}

func TestWhoseGuessesCount(t *testing.T) {
	one := quota.Rate{Count: 1, Within: time.Hour}
	for _, c := range []struct {
		from             string
		loopback, counts bool
	}{
		{"192.0.2.1", false, true}, {"::ffff:192.0.2.1", false, true}, {"2001:db8::1", false, true},
		{"127.0.0.1", false, false}, {"127.8.9.1", false, false}, {"::1", false, false}, {"::ffff:127.0.0.1", false, false},
		{"127.0.0.1", true, true}, {"::1", true, true},
	} {
		from := netip.MustParseAddr(c.from)
		g := newGuesser(one, plenty, c.loopback)
		g.Begin(from, true).Wrong()
		require.Zero(t, g.Begin(from, false).Wait, "a lenient one counts for nobody")
		g.Begin(from, false).Wrong()
		require.Equal(t, c.counts, g.Begin(from, false).Never, "%v", c)
		require.Zero(t, g.Begin(from, true).Wait)
	}
	g := newGuesser(one, plenty, true)
	guesses(g, netip.Addr{}, 10)
	require.Zero(t, g.Begin(netip.Addr{}, false).Wait, "who has no address is of this machine")
	guesses(g, netip.MustParseAddr("2001:db8::1"), 1)
	require.True(t, g.Begin(netip.MustParseAddr("2001:db8::ffff:1"), false).Never, "the same /64")
	require.Zero(t, g.Begin(netip.MustParseAddr("2001:db8:0:1::1"), false).Wait)
	require.Zero(t, quota.Guess{}.Wrong())
	quota.Guess{}.Right()
}

// TestUndecidedGuesses cost their source nothing, also those that have waited.
func TestUndecidedGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(tenAMinute, plenty, false)
		from := netip.MustParseAddr("192.0.2.1")
		for range 100 {
			require.Zero(t, g.Begin(from, false).Undecided())
		}
		guesses(g, from, 10)
		next := g.Begin(from, false)
		require.Equal(t, 6*time.Second, next.Wait)
		require.Zero(t, next.Undecided())
		require.Equal(t, 6*time.Second, g.Begin(from, false).Wait)
	})
}
