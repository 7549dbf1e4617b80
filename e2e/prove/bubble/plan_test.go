package bubble

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sebas642/intercessor/e2e/virtual"
)

// A plan is the part of a run that its seed determines.
type plan struct {
	seed    uint64
	clients int
	sends   int // messages of each side of each pair
	faults  []fault
	idle    time.Duration // how far the clocks jump in the middle, while all are connected
	leaves  bool          // clients close while messages are under way
}

// A fault breaks something, and heals it.
type fault struct {
	after  time.Duration // since the previous fault
	what   string
	victim int // a client, or -1: the server
	by     virtual.Kind
	at     int64 // the byte, counted from now on, of a cut
	down   bool
	long   time.Duration
	calm   bool // wait afterwards until all are connected again
}

func (f fault) String() string {
	return fmt.Sprintf("after %v %s of %d by %v at %d for %v", f.after, f.what, f.victim, f.by, f.at, f.long)
}

// cost returns how long a peer is away at most because of the fault.
func (f fault) cost() time.Duration {
	switch {
	case f.what == "cut" && f.by == virtual.Silence:
		return 33 * time.Second
	case f.what == "slow reader" || f.what == "hint" || f.what == "away too long":
		return 0
	}
	return f.long + 3*time.Second
}

// most limits the sum of these costs. No peer is away for as long as the window, so C13
// requires delivery throughout a run, except for peers that the plan keeps away too long.
const most = 40 * time.Second

func newPlan(seed uint64) plan {
	random := rand.New(rand.NewPCG(seed, 5))
	p := plan{seed: seed, clients: 10, sends: 3 + random.IntN(6), leaves: random.IntN(4) == 0}
	if random.IntN(4) == 0 {
		p.clients += random.IntN(41)
	}
	if random.IntN(8) == 0 {
		p.idle = time.Duration(1+random.IntN(9)) * time.Hour
	}
	between := func(least, most time.Duration) time.Duration { return least + upTo(random, most-least) }
	var away time.Duration
	for range 3 + random.IntN(8) {
		f := fault{after: between(0, 4*time.Second), victim: random.IntN(p.clients+p.clients/2) - p.clients/2,
			by: virtual.FIN + virtual.Kind(random.IntN(2)), at: random.Int64N(3000), down: random.IntN(2) == 0, calm: random.IntN(3) == 0}
		f.victim = max(f.victim, -1) // every third fault hits the server
		switch n := random.IntN(100); {
		case n < 25:
			f.what = "cut"
		case n < 32:
			f.what, f.by = "cut", virtual.Silence
		case n < 42:
			f.what, f.by, f.long = "cut", virtual.Stall, between(0, 35*time.Second)
		case n < 60:
			f.what = "cut at a byte, and again"
		case n < 68:
			f.what, f.long = "drop", between(0, 15*time.Second)
		case n < 72:
			f.what, f.long = "hole", between(0, 15*time.Second)
		case n < 82:
			f.what, f.long = "kill", between(0, 5*time.Second)
		case n < 88:
			f.what, f.long = "drain", between(time.Second, 8*time.Second)
		case n < 92:
			f.what, f.long = "hand over", between(time.Second, 20*time.Second)
		case n < 94:
			f.what, f.long, f.calm = "away too long", between(65*time.Second, 5*time.Minute), true
		case n < 98:
			f.what, f.long = "slow reader", between(time.Second, 40*time.Second)
		default:
			f.what = "hint"
		}
		if away += f.cost(); away > most && len(p.faults) > 0 {
			p.faults[len(p.faults)-1].calm = true
			away = f.cost()
		}
		if f.calm {
			away = 0
		}
		p.faults = append(p.faults, f)
	}
	return p
}

// ways draws a program's network to the relay: good, delayed, in pieces, or slow.
func ways(random *rand.Rand) virtual.Way {
	var w virtual.Way
	if random.IntN(2) == 0 {
		w.Delay = upTo(random, 200*time.Millisecond)
	}
	if random.IntN(5) == 0 {
		w.Piece = 16 + random.IntN(80)
	}
	if random.IntN(10) == 0 {
		w.Rate = 50_000 + random.IntN(500_000)
	}
	return w
}

func upTo(random *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(most)))
}
