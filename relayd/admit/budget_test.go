package admit_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/stretchr/testify/require"
)

var (
	tenAMinute = admit.Rate{Guesses: 10, Within: time.Minute}
	oneAMinute = admit.Rate{Guesses: 1, Within: time.Minute}
	plenty     = admit.Rate{Guesses: 1_000_000, Within: time.Minute}

	errWrong = errors.New("wrong")
)

func no() error  { return errWrong }
func yes() error { return nil }

// tries looks at a secret that the look says to be right or wrong, and gives for how long it
// was not looked at.
func tries(t testing.TB, b *admit.Budget, secret, from string, look func() error) time.Duration {
	t.Helper()
	source, _ := netip.ParseAddr(from) // "" is where nothing is known
	err := b.Ask(t.Context(), admit.Request{Secret: []byte(secret), Source: source}, look)
	var busy *admit.BusyError
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
		b := admit.NewBudget(tenAMinute, false)
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
	b := admit.NewBudget(oneAMinute, true)
	for i := range 1000 {
		require.Zero(t, tries(t, b, "a guess", fmt.Sprintf("192.0.%d.%d", i/256, i%256), no))
		require.Zero(t, tries(t, b, "a guess", fmt.Sprintf("2001:db8:%x::1", i), no))
	}
	for _, from := range []string{"198.51.100.1", "127.0.0.1", "2001:db8:ffff::1"} {
		require.Zero(t, tries(t, b, "a guess", from, no), from)
	}
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
		b := admit.NewBudget(oneAMinute, false)
		require.Zero(t, tries(t, b, "a guess", c.one, no))
		require.Equal(t, c.same, tries(t, b, "a guess", c.other, no) > 0, "%s, %s", c.one, c.other)
	}
}

// TestASiteHasFourTimesAsMuch, because a /48 has 65,536 networks of 64 bits.
func TestASiteHasFourTimesAsMuch(t *testing.T) {
	b := admit.NewBudget(oneAMinute, false)
	for i := range 5 {
		require.Equal(t, i == 4, tries(t, b, "a guess", fmt.Sprintf("2001:db8:0:%x::1", i), no) > 0)
	}
	require.Zero(t, tries(t, b, "a guess", "2001:db8:1::1", no), "another site")
}

func TestLoopbackIsExemptUnlessItIsCounted(t *testing.T) {
	for _, from := range []string{"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"} {
		for _, counted := range []bool{false, true} {
			b := admit.NewBudget(oneAMinute, counted)
			require.Zero(t, tries(t, b, "a guess", from, no))
			require.Equal(t, counted, tries(t, b, "a guess", from, no) > 0, from)
		}
	}
	b := admit.NewBudget(oneAMinute, false)
	require.Zero(t, tries(t, b, "a guess", "", no))
	require.NotZero(t, tries(t, b, "a guess", "", no), "where nothing is known, all are one source")
}

// TestBudgetIsBounded: a stranger with a new source for each guess fills the table. What comes
// from then on is looked at, and not remembered.
func TestBudgetIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admit.NewBudget(oneAMinute, false)
		source := func(i int) string {
			return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 0x0b000000+uint32(i)))).String()
		}
		_, most := b.Remembered()
		for i := range most + 1000 {
			require.Zero(t, tries(t, b, "a guess", source(i), no))
		}
		now, _ := b.Remembered()
		require.Equal(t, most, now)
		require.NotZero(t, tries(t, b, "a guess", source(0), no), "who was there is remembered")
		require.Zero(t, tries(t, b, "a guess", source(most+1000), no))
		time.Sleep(time.Minute)
		require.Zero(t, tries(t, b, "a guess", source(most+1000), no))
		require.NotZero(t, tries(t, b, "a guess", source(most+1000), no))
	})
}
