package admit_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/stretchr/testify/require"
)

var (
	tenAMinute = admit.Rate{Guesses: 10, Within: time.Minute}
	plenty     = admit.Rate{Guesses: 1_000_000, Within: time.Minute}
)

func TestBudgetOfOneSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admit.NewBudget(tenAMinute, plenty, false)
		from := netip.MustParseAddr("192.0.2.1")
		for range 10 {
			require.Zero(t, b.Wait(from))
			require.Zero(t, b.Take(from))
		}
		require.Equal(t, 6*time.Second, b.Take(from))
		require.Equal(t, 6*time.Second, b.Wait(from), "what was refused cost nothing")
		require.Zero(t, b.Take(netip.MustParseAddr("192.0.2.2")), "another source")

		time.Sleep(6*time.Second - 1)
		require.EqualValues(t, 1, b.Take(from))
		time.Sleep(time.Nanosecond)
		require.Zero(t, b.Take(from))
		require.NotZero(t, b.Take(from))
		b.GiveBack(from)
		require.Zero(t, b.Take(from), "a hit costs nothing")

		time.Sleep(time.Hour)
		for range 10 {
			require.Zero(t, b.Take(from))
		}
		require.NotZero(t, b.Take(from), "what was not used in an hour is not saved")
	})
}

func TestBudgetOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admit.NewBudget(plenty, tenAMinute, false)
		for i := range byte(10) {
			require.Zero(t, b.Take(netip.AddrFrom4([4]byte{192, 0, 2, i})))
		}
		for _, from := range []string{"198.51.100.1", "127.0.0.1", "2001:db8::1"} {
			require.Equal(t, 6*time.Second, b.Take(netip.MustParseAddr(from)), from)
		}
		b.GiveBack(netip.MustParseAddr("192.0.2.1"))
		require.Zero(t, b.Take(netip.MustParseAddr("198.51.100.1")))
	})
}

func TestSources(t *testing.T) {
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
		b := admit.NewBudget(admit.Rate{Guesses: 1, Within: time.Minute}, plenty, false)
		require.Zero(t, b.Take(netip.MustParseAddr(c.one)))
		require.Equal(t, c.same, b.Take(netip.MustParseAddr(c.other)) > 0, "%s, %s", c.one, c.other)
	}
}

func TestLoopbackIsExemptUnlessItIsCounted(t *testing.T) {
	for _, from := range []string{"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"} {
		for _, counted := range []bool{false, true} {
			b := admit.NewBudget(admit.Rate{Guesses: 1, Within: time.Minute}, plenty, counted)
			require.Zero(t, b.Take(netip.MustParseAddr(from)))
			require.Equal(t, counted, b.Take(netip.MustParseAddr(from)) > 0, from)
		}
	}
	b := admit.NewBudget(admit.Rate{Guesses: 1, Within: time.Minute}, plenty, false)
	require.Zero(t, b.Take(netip.Addr{}))
	require.NotZero(t, b.Take(netip.Addr{}), "where nothing is known, all are one source")
}

// TestBudgetIsBounded: who draws a new source for each guess fills the table, after which
// all new sources share one budget, until old ones are forgotten.
func TestBudgetIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admit.NewBudget(admit.Rate{Guesses: 1, Within: time.Minute}, plenty, false)
		source := func(i uint32) netip.Addr {
			return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 0x0b000000+i)))
		}
		free := uint32(0)
		for i := range uint32(1 << 15) {
			if b.Take(source(i)) == 0 {
				free++
			}
		}
		require.EqualValues(t, 1<<14, free-1, "so many sources, and the one of all others")
		require.NotZero(t, b.Take(source(0)), "who was there is remembered")
		time.Sleep(time.Minute)
		require.Zero(t, b.Take(source(1<<20)))
		require.Zero(t, b.Take(source(1<<21)))
	})
}
