package link

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// cable is a direct path: two sides and what is under way between them, in order.
type cable struct {
	now   Time
	trip  Time // one way
	sides [2]Health
	ways  [2][]packet // ways[x] goes to side x
	cut   [2]bool     // nothing passes towards side x; what was under way waits, as SCTP has it
	pings [2][]Time   // when side x sent one
}

type packet struct {
	at   Time
	n    uint64
	pong bool
	data int
}

func openCable(trip Time) *cable {
	c := &cable{now: Second, trip: trip}
	for x := range c.sides {
		c.sides[x].Open(c.now)
	}
	c.pass(Second)
	return c
}

// pump sends what a side has to say.
func (c *cable) pump(x int) {
	for n, pong, ok := c.sides[x].Next(c.now); ok; n, pong, ok = c.sides[x].Next(c.now) {
		if !pong {
			c.pings[x] = append(c.pings[x], c.now)
		}
		c.ways[1-x] = append(c.ways[1-x], packet{at: c.now + c.trip, n: n, pong: pong})
	}
}

// next returns when something happens next, and at which side.
func (c *cable) next() (at Time, side int, arrives bool) {
	for x := range c.sides {
		if t := c.sides[x].Wake(); t != 0 && (at == 0 || t < at) {
			at, side, arrives = max(t, c.now), x, false
		}
		if len(c.ways[x]) > 0 && !c.cut[x] {
			if t := max(c.now, c.ways[x][0].at); at == 0 || t <= at {
				at, side, arrives = t, x, true
			}
		}
	}
	return at, side, arrives
}

func (c *cable) pass(d Time) {
	end := c.now + d
	for steps := 0; ; steps++ {
		c.pump(0)
		c.pump(1)
		at, x, arrives := c.next()
		if at == 0 || at > end {
			break
		}
		if steps > 10_000 {
			panic("the sides do not fall silent")
		}
		c.now = at
		if !arrives {
			c.sides[x].Tick(c.now)
			continue
		}
		p := c.ways[x][0]
		c.ways[x] = c.ways[x][1:]
		switch h := &c.sides[x]; {
		case p.data > 0:
			h.Received(c.now)
		case p.pong:
			h.Pong(c.now, p.n)
		default:
			h.Ping(c.now, p.n)
		}
	}
	c.now = end
}

func (c *cable) states() string { return fmt.Sprint(c.sides[0].state, c.sides[1].state) }

func TestHealthW4(t *testing.T) {
	both := func(s State) string { return fmt.Sprint(s, s) }

	t.Run("a path that opens is up after one round trip, and idle then", func(t *testing.T) {
		c := openCable(100 * Millisecond)
		require.Equal(t, both(Up), c.states())
		require.Equal(t, 200*Millisecond, c.sides[0].RoundTrip())
		c.pass(1000 * Second)
		require.Len(t, c.pings[0], 1)
		require.Zero(t, c.sides[0].Wake())
	})
	t.Run("what is sent and not acknowledged makes a cut path suspect in 1.4 seconds, and lost 30 later", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		c.cut = [2]bool{true, true}
		c.sides[0].Sent(1000, c.now)
		c.pass(1399 * Millisecond)
		require.Equal(t, Up, c.sides[0].State())
		c.pass(2 * Millisecond)
		require.Equal(t, Suspect, c.sides[0].State())
		require.Equal(t, Up, c.sides[1].State(), "which has sent nothing")
		c.pass(29 * Second)
		require.Equal(t, Suspect, c.sides[0].State())
		c.pass(Second)
		require.Equal(t, Lost, c.sides[0].State())
		require.Zero(t, c.sides[0].Wake())
	})
	t.Run("a path that lets through again is up with the first PONG, the second time a second later, and so on", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		for i, hold := range []Time{0, 1, 2, 4, 8, 16, 30} {
			c.sides[0].Disconnected(c.now)
			begin := c.now
			for c.sides[0].State() != Up {
				require.Equal(t, Suspect, c.sides[0].State(), "what answers is not lost")
				c.pass(100 * Millisecond)
			}
			took := c.now - begin
			require.GreaterOrEqual(t, took, hold*Second, "%d", i)
			require.Less(t, took, hold*Second+2500*Millisecond, "%d", i)
		}
		require.Equal(t, 30*Second, c.sides[0].hold)
		c.pass(5 * 60 * Second)
		require.Zero(t, c.sides[0].hold, "and each minute halves it")
	})
	t.Run("a PONG that was held up while nothing passed is no round trip", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		c.sides[0].Disconnected(c.now)
		c.cut = [2]bool{true, true}
		c.pass(900 * Millisecond)
		c.cut = [2]bool{}
		c.pass(2 * Second)
		require.Equal(t, Up, c.sides[0].State())
		require.Equal(t, 20*Millisecond, c.sides[0].RoundTrip())
	})
	t.Run("a PONG to a PING from before the suspicion is none", func(t *testing.T) {
		var h Health
		h.Open(1)
		n, _, _ := h.Next(1)
		h.Pong(2, n)
		h.Sent(1, 2)
		n, _, ok := h.Next(2 * Second)
		require.True(t, ok)
		h.Tick(3*Second + 1)
		require.Equal(t, Suspect, h.State())
		h.Pong(3*Second+2, n)
		require.Equal(t, Suspect, h.State())
	})
	t.Run("what came before the cut does not put the suspicion off", func(t *testing.T) {
		var h Health
		h.Open(1)
		n, _, _ := h.Next(1)
		h.Pong(2, n)
		h.Sent(1, 2)
		_, _, ok := h.Next(2 * Second)
		require.True(t, ok)
		h.Received(2*Second + 100*Millisecond) // and then nothing
		h.Tick(3*Second + 50*Millisecond)
		require.Equal(t, Up, h.State())
		require.Equal(t, 3*Second+100*Millisecond, h.Wake())
		h.Tick(3*Second + 100*Millisecond)
		require.Equal(t, Suspect, h.State())
	})
	t.Run("a PONG of another number is none", func(t *testing.T) {
		var h Health
		h.Open(1)
		n, _, _ := h.Next(1)
		for _, other := range []uint64{0, n - 1, n + 1, 1 << 40} {
			h.Pong(2, other)
			require.Equal(t, Probing, h.State())
		}
		h.Pong(2, n)
		require.Equal(t, Up, h.State())
	})
	t.Run("with one-way loss the path is suspect 5 seconds later, whatever comes in", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		c.cut[1] = true
		c.sides[0].Sent(1000, c.now)
		for range 60 {
			c.ways[0] = append(c.ways[0], packet{at: c.now, data: 1})
			c.pass(100 * Millisecond)
			require.Equal(t, Up, c.sides[0].State())
		}
		c.pass(600 * Millisecond)
		require.Equal(t, Suspect, c.sides[0].State())
	})
	t.Run("a timer that is late decides nothing", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		c.sides[0].Sent(1000, c.now)
		c.now += Second
		c.pump(0) // a PING; then the program stops for a minute
		c.now += 60 * Second
		c.sides[0].Tick(c.now)
		require.Equal(t, Up, c.sides[0].State())
		c.sides[0].Sent(0, 0)
		c.pass(Second)
		require.Equal(t, Up, c.sides[0].State())
	})
	t.Run("a slow path has time for what is under way", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		for range 30 { // 32 kB a second
			c.sides[0].Sent(64<<10, c.now)
			c.sides[0].Acked(c.now, 3200)
			c.pass(100 * Millisecond)
		}
		c.sides[0].Sent(64<<10, c.now)
		c.pass(Second) // a PING goes behind them
		require.InDelta(t, float64(4*Second), float64(c.sides[0].patience()), float64(2*Second))
	})
	t.Run("a sender with little to send learns nothing of how slow the path is", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		send := func() {
			for range 20 { // 60 bytes every 5 ms
				c.sides[0].Sent(60, c.now)
				c.pass(5 * Millisecond)
				c.sides[0].Acked(c.now, 60)
				c.sides[0].Sent(0, 0)
			}
		}
		for range 20 {
			send()
			c.pass(400 * Millisecond) // and nothing for a while
		}
		c.cut = [2]bool{true, true}
		c.sides[0].Sent(12_000, c.now)
		c.pass(1402 * Millisecond)
		require.Equal(t, Suspect, c.sides[0].State())
	})
	t.Run("a check is a PING, although nothing is under way", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		c.pass(10 * Second)
		before := len(c.pings[0])
		c.sides[0].Check()
		c.sides[0].Sent(0, 0) // as the driver says after each event
		c.pass(10 * Second)
		require.Len(t, c.pings[0], before+1)
	})
	t.Run("a flood of PINGs gets ten PONGs a second, and the last PING one", func(t *testing.T) {
		var h Health
		h.Open(1)
		h.Next(1)
		var pongs []uint64
		now := Second
		for n := uint64(1); n <= 2000; n++ {
			h.Ping(now, n)
			if m, pong, ok := h.Next(now); ok {
				require.True(t, pong)
				pongs = append(pongs, m)
			}
			now += Millisecond
		}
		require.InDelta(t, 20, len(pongs), 1)
		now = h.Wake()
		require.LessOrEqual(t, now, 3*Second+100*Millisecond)
		n, pong, ok := h.Next(now)
		require.True(t, ok && pong)
		require.Equal(t, uint64(2000), n)
	})
	t.Run("a PONG may take ten seconds at most, whatever was measured before", func(t *testing.T) {
		var h Health
		h.Open(1)
		n, _, _ := h.Next(1)
		h.Pong(60*Second, n) // it was held up on the way
		h.Acked(60*Second, 1)
		h.Sent(64<<10, 60*Second)
		_, _, ok := h.Next(61 * Second)
		require.True(t, ok)
		h.Tick(71*Second + Millisecond)
		require.Equal(t, Suspect, h.State())
	})
	t.Run("a failed connection is lost at once", func(t *testing.T) {
		c := openCable(10 * Millisecond)
		c.sides[0].Fail()
		require.Equal(t, Lost, c.sides[0].State())
		c.pass(100 * Second)
		require.Equal(t, Lost, c.sides[0].State(), "and stays so")
	})
}

func TestInFlightW5(t *testing.T) {
	c := openCable(50 * Millisecond)
	h := &c.sides[0]
	require.Equal(t, 64<<10, h.InFlight())
	for range 100 { // 10 MB a second, which a flight of 3.5 MB fills in 0.35 s
		h.Sent(h.InFlight(), c.now)
		h.Acked(c.now, 100_000)
		c.now += 10 * Millisecond
	}
	require.InDelta(t, 3_500_000, h.InFlight(), 200_000)
	for range 100 {
		h.Sent(h.InFlight(), c.now)
		h.Acked(c.now, 1_000_000)
		c.now += 10 * Millisecond
	}
	require.Equal(t, 4<<20, h.InFlight())
	h.Acked(c.now+100*Second, 1)
	require.Equal(t, 4<<20, h.InFlight(), "a rest changes nothing")
	for range 100 {
		h.Sent(1000, c.now)
		h.Acked(c.now, 1000)
		c.now += 10 * Millisecond
	}
	require.Equal(t, 4<<20, h.InFlight(), "and little to send does neither")
}

// TestHealthRandom has seeds draw what happens to a path. Whatever it is: one PING a second at
// most, no word on a path that is lost, and a path that works again is up again in time.
func TestHealthRandom(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 4))
		c := openCable([]Time{Millisecond, 50 * Millisecond, 400 * Millisecond}[r.IntN(3)])
		for range 60 {
			x := r.IntN(2)
			switch r.IntN(8) {
			case 0:
				c.cut[x] = !c.cut[x]
			case 1:
				c.cut = [2]bool{true, true}
			case 2:
				c.cut = [2]bool{}
			case 3:
				c.sides[x].Disconnected(c.now)
			case 4:
				c.sides[x].Sent(r.IntN(100_000), c.now)
			case 5:
				c.sides[x].Sent(0, 0)
			case 6:
				c.sides[x].Check()
			case 7:
				c.now += Time(r.Int64N(int64(5 * Second))) // neither side ran
			}
			c.pass(Time(r.Int64N(int64(3 * Second))))
		}
		c.cut = [2]bool{}
		c.sides[0].Sent(0, 0)
		c.sides[1].Sent(0, 0)
		c.pass(70 * Second)
		for x := range c.sides {
			require.Contains(t, []State{Up, Lost}, c.sides[x].State(), "seed %d", seed)
			for i, at := range c.pings[x] {
				require.True(t, i == 0 || at-c.pings[x][i-1] >= pingEvery, "seed %d: two PINGs in %v", seed, at)
			}
		}
		pings := len(c.pings[0])
		c.pass(1000 * Second)
		require.Len(t, c.pings[0], pings, "seed %d: an idle path is silent", seed)
	}
}

// TestHealthAsksAgainAfterALateTimer: also when everything was acknowledged before it fired.
func TestHealthAsksAgainAfterALateTimer(t *testing.T) {
	var h Health
	h.Open(Second)
	n, _, _ := h.Next(Second)
	h.Pong(Second+Millisecond, n)
	h.Check()
	now := 3 * Second
	_, _, ok := h.Next(now)
	require.True(t, ok)
	now += 100 * Second // this program did not run
	h.Tick(now)
	require.Equal(t, Up, h.State())
	_, pong, ok := h.Next(now)
	require.True(t, ok && !pong)
}
