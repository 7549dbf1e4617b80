package pathproof

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/sdk"
)

// A plan is the part of a run that its seed determines.
type plan struct {
	seed    uint64
	server  sdk.Paths
	clients []sdk.Paths
	faults  []fault
}

// A fault breaks something, and heals it.
type fault struct {
	after  time.Duration // since the previous fault
	what   string
	victim int // a client, or -1: the server
	up     bool
	by     virtual.Kind
	long   time.Duration
	then   time.Duration // of those that break the relay, too: when
}

func (f fault) String() string {
	return fmt.Sprintf("after %v %s of %d for %v, %v", f.after, f.what, f.victim, f.long, f.then)
}

// kinds are the faults, each as often as it stands here.
var kinds = []string{
	"deaf", "deaf", "deaf", "one way", "one way", "lossy", "stall", "slow",
	"over", "over", // until the connection is lost, and another one follows
	"moved", "moved",
	"restart lost", "restart lost",
	"relay dropped", "relay dropped", "relay killed", "relay drains", "both", "both",
	"relay away", // for longer than the window
	"slow reader", "hint",
}

func newPlan(seed uint64) plan {
	random := rand.New(rand.NewPCG(seed, 5))
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(random.Int64N(int64(most-least)))
	}
	p := plan{seed: seed, clients: make([]sdk.Paths, 2+random.IntN(3))}
	all := random.IntN(10)
	for i := range p.clients {
		switch n := random.IntN(10); {
		case all == 0: // so that nothing of the application may cross the relay at all
			p.clients[i], p.server = sdk.PathsDirect, sdk.PathsDirect
		case all == 1:
			p.clients[i], p.server = sdk.PathsAuto, sdk.PathsRelay
		case n == 0:
			p.clients[i] = sdk.PathsRelay
		case n == 1:
			p.clients[i] = sdk.PathsDirect
		}
	}
	for range 4 + random.IntN(5) {
		f := fault{after: between(time.Second, 20*time.Second), what: kinds[random.IntN(len(kinds))], victim: random.IntN(len(p.clients)+1) - 1,
			up: random.IntN(2) == 0, by: virtual.FIN + virtual.Kind(random.IntN(2)), long: between(time.Second, 25*time.Second), then: between(0, 10*time.Second)}
		switch f.what {
		case "over":
			f.long = between(30*time.Second, 45*time.Second)
		case "relay away":
			f.long = between(65*time.Second, 3*time.Minute)
		case "relay killed", "relay drains":
			f.long = between(time.Second, 8*time.Second)
		}
		p.faults = append(p.faults, f)
	}
	return p
}

// roads draws the direct network of a program: good, delayed, slow, or with a little loss.
func roads(random *rand.Rand) (up, down virtual.Road) {
	var r virtual.Road
	if random.IntN(4) > 0 {
		r.Delay = time.Duration(random.Int64N(int64(80 * time.Millisecond)))
	}
	if random.IntN(6) == 0 {
		r.Loss = 1
	}
	if random.IntN(6) == 0 {
		r.Rate = 100_000 + random.IntN(500_000)
	}
	return r, r
}

// ways draws the network of a program to the relay.
func ways(random *rand.Rand) (up, down virtual.Way) {
	w := virtual.Way{Delay: time.Duration(random.Int64N(int64(80 * time.Millisecond)))}
	return w, w
}
