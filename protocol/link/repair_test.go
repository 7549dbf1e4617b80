package link

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// mender drives a Repair in virtual time.
type mender struct {
	Repair
	now            Time
	answers, relay bool
}

// newMender returns one whose random times are all half of their bound, or as random says.
func newMender(random func() uint64) *mender {
	return &mender{Repair: NewRepair(random), now: Second, relay: true}
}

// step is what is decided now.
func (m *mender) step() Step { return m.Next(m.now, m.answers, m.relay) }

// wait returns the first step within a time, and how long that took.
func (m *mender) wait(within Time) (s Step, took Time) {
	begin, end := m.now, m.now+within
	for {
		if s = m.step(); s != Stay {
			return s, m.now - begin
		}
		at := m.Wake(m.relay)
		if at == 0 || at > end {
			m.now = end
			return Stay, within
		}
		m.now = max(at, m.now)
	}
}

// connected returns one whose first path is up, for long.
func connected(t *testing.T, random func() uint64) *mender {
	m := newMender(random)
	m.Want()
	require.Equal(t, Connect, m.step())
	m.Begun(m.now)
	m.Agreed(m.now)
	m.answers = true
	s, _ := m.wait(100 * Second)
	require.Equal(t, Stay, s)
	return m
}

func none() uint64 { return 0 }

func TestRepairW6(t *testing.T) {
	most := func() uint64 { return 1<<62 - 1 }
	t.Run("a side that wants no path does nothing, until there is one", func(t *testing.T) {
		m := newMender(none)
		require.False(t, m.Wanted())
		s, _ := m.wait(1000 * Second)
		require.Equal(t, Stay, s)
		m.Begun(m.now)
		require.True(t, m.Wanted())
		s, took := m.wait(1000 * Second)
		require.Equal(t, GiveUp, s)
		require.Equal(t, answerWithin, took)
	})
	t.Run("nothing begins without the relay", func(t *testing.T) {
		m := newMender(none)
		m.relay = false
		m.Want()
		s, _ := m.wait(1000 * Second)
		require.Equal(t, Stay, s)
		m.relay = true
		require.Equal(t, Connect, m.step())
	})
	t.Run("12 seconds from the answer to a PONG", func(t *testing.T) {
		m := newMender(none)
		m.Want()
		require.Equal(t, Connect, m.step())
		m.now += 29 * Second
		m.Agreed(m.now)
		s, took := m.wait(1000 * Second)
		require.Equal(t, GiveUp, s)
		require.Equal(t, pongWithin, took)
	})
	t.Run("a path that falls silent is restarted once, and then replaced", func(t *testing.T) {
		for _, random := range []func() uint64{none, most} {
			m := connected(t, random)
			m.answers = false
			s, took := m.wait(1000 * Second)
			require.Equal(t, Restart, s)
			require.GreaterOrEqual(t, took, restartAfter)
			require.Less(t, took, 2*restartAfter)
			m.Agreed(m.now)
			s, took = m.wait(1000 * Second)
			require.Equal(t, GiveUp, s)
			require.Equal(t, pongWithin, took)
			m.Over(m.now, 0)
			s, took = m.wait(1000 * Second)
			require.Equal(t, Connect, s)
			require.Equal(t, leastRetry, took)
		}
	})
	t.Run("a path that answers again is not restarted", func(t *testing.T) {
		m := connected(t, none)
		m.answers = false
		s, _ := m.wait(2900 * Millisecond)
		require.Equal(t, Stay, s)
		m.answers = true
		s, _ = m.wait(1000 * Second)
		require.Equal(t, Stay, s)
	})
	t.Run("the clock of an attempt stops without the relay", func(t *testing.T) {
		m := connected(t, none)
		m.answers = false
		require.Equal(t, Stay, m.step())
		m.relay = false
		s, _ := m.wait(100 * Second)
		require.Equal(t, Stay, s)
		m.relay = true
		s, took := m.wait(100 * Second)
		require.Equal(t, Restart, s)
		require.Equal(t, grace, took)
	})
	t.Run("what the other side asks for is done at once, but not to a path that answers", func(t *testing.T) {
		m := connected(t, none)
		m.Asked(m.now)
		s, _ := m.wait(2 * Second)
		require.Equal(t, Stay, s)
		m.answers = false
		require.Equal(t, Restart, m.step())

		m = connected(t, none)
		m.answers = false
		require.Equal(t, Stay, m.step())
		m.Asked(m.now)
		require.Equal(t, Restart, m.step())
		m.Asked(m.now)
		require.Equal(t, Stay, m.step(), "which is under way")
	})
	t.Run("an attempt whose way has ended begins again at once", func(t *testing.T) {
		m := newMender(none)
		m.Broken(m.now)
		require.Equal(t, Stay, m.step(), "no path is wanted")
		m.Want()
		m.Broken(m.now)
		require.Equal(t, Connect, m.step())
		m.Broken(m.now)
		require.Equal(t, Restart, m.step())
		m.now += 29 * Second
		m.Agreed(m.now)
		m.now += 11 * Second
		m.Broken(m.now)
		require.Equal(t, Restart, m.step())
		s, took := m.wait(1000 * Second)
		require.Equal(t, GiveUp, s)
		require.Equal(t, answerWithin, took)
		m.Over(m.now, 0)
		m.Broken(m.now)
		require.Equal(t, Stay, m.step(), "the next attempt has its time")

		m = connected(t, none)
		m.Broken(m.now)
		require.Equal(t, Stay, m.step(), "it answers still")
		m.answers = false
		require.Equal(t, Restart, m.step())
	})
	t.Run("an attempt whose way ends again and again has an end", func(t *testing.T) {
		m := newMender(none)
		m.Want()
		require.Equal(t, Connect, m.step())
		restarts := 0
		for range 100 {
			m.now += 5 * Second
			m.Broken(m.now)
			switch m.step() {
			case Restart:
				restarts++
			case GiveUp:
				require.Equal(t, mostBreaks, restarts)
				return
			}
		}
		t.Fatal("it never ends")
	})
	t.Run("between attempts pass 1 second to 15 minutes, and more if the other side says so", func(t *testing.T) {
		m := connected(t, most)
		for _, want := range []Time{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
			m.Over(m.now, 0)
			s, took := m.wait(1000 * Second)
			require.Equal(t, Connect, s)
			require.LessOrEqual(t, took, want*Second)
			require.GreaterOrEqual(t, took, leastRetry)
		}
		var longest Time
		for seed := range uint64(50) {
			m := connected(t, rand.New(rand.NewPCG(seed, 2)).Uint64)
			for range 7 {
				m.Over(m.now, 0)
				_, took := m.wait(1000 * Second)
				longest = max(longest, took)
			}
		}
		require.Greater(t, longest, 32*Second, "the pauses grow, and are random")
		m.Over(m.now, 60*Second)
		m.Want()
		_, took := m.wait(1000 * Second)
		require.GreaterOrEqual(t, took, 60*Second)
		require.Less(t, took, 120*Second)

		m.Over(m.now, 0)
		m.Want()
		_, took = m.wait(1000 * Second)
		require.Equal(t, leastRetry, took, "the application asks")

		m.Over(m.now, 0)
		m.Anew()
		_, took = m.wait(1000 * Second)
		require.Equal(t, leastRetry, took, "the network may be another one")
		m.Over(m.now, 0)
		_, took = m.wait(1000 * Second)
		require.LessOrEqual(t, took, 2*Second)
	})
	t.Run("the other side's new connection takes the place of the last", func(t *testing.T) {
		m := connected(t, none)
		m.answers = false
		m.Renewed(m.now)
		m.Begun(m.now)
		m.Agreed(m.now)
		m.answers = true
		s, _ := m.wait(1000 * Second)
		require.Equal(t, Stay, s)
	})
}

// TestRepairIsCalm: whatever happens, in any order, a path that answers is left alone, nothing
// is decided without the relay, attempts are at least a second apart, and a side that wants a
// path and has none decides something in the end.
func TestRepairIsCalm(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 1))
		m := newMender(random.Uint64)
		ended := Time(0)
		for range 60 {
			switch random.IntN(10) {
			case 0:
				m.Want()
			case 1:
				m.Begun(m.now)
			case 2:
				m.Agreed(m.now)
			case 3:
				m.Asked(m.now)
			case 4:
				if m.answers = false; m.phase != over {
					m.Over(m.now, Time(random.IntN(2))*Second)
					ended = m.now
				}
			case 5:
				m.relay = !m.relay
			case 6:
				m.answers = (m.phase == trying || m.phase == standing) && random.IntN(2) == 0
			case 7:
				if m.phase == over || random.IntN(4) == 0 {
					m.answers = false
					m.Renewed(m.now)
				}
			case 8:
				m.Anew()
			case 9:
				m.Broken(m.now)
			}
			before := m.phase
			switch s, _ := m.wait(Time(random.Int64N(int64(40 * Second)))); {
			case s != Stay && !m.relay, s != Stay && m.answers:
				t.Fatalf("seed %d: %v, answers %v, relay %v", seed, s, m.answers, m.relay)
			case s == Connect && before == over && m.now < ended+leastRetry:
				t.Fatalf("seed %d: a connection %v after the last one", seed, m.now-ended)
			case s == GiveUp:
				m.Over(m.now, 0)
				ended = m.now
			}
		}
		if !m.Wanted() {
			continue
		}
		m.relay, m.answers = true, false
		s, _ := m.wait(1000 * Second)
		require.NotEqual(t, Stay, s, "seed %d", seed)
	}
}
