package bubble

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/sdk"
)

// calmWithin limits how long it takes until all are connected again.
const calmWithin = 90 * time.Second

// run carries out a plan.
func (p plan) run(w *world) {
	random := rand.New(rand.NewPCG(p.seed, 6))
	lines := map[int]*virtual.Line{}
	for i := -1; i < p.clients; i++ {
		lines[i] = virtual.NewLine(w.relay)
		lines[i].SetWays(ways(random), ways(random))
	}
	if !w.listen(lines[-1]) {
		w.leave()
		return
	}
	clients := make([]*talker.Talk, p.clients)
	var dialling sync.WaitGroup
	for i := range clients {
		dialling.Go(func() { clients[i] = w.dial(fmt.Sprint("client", i), lines[i]) })
	}
	dialling.Wait()
	traffic := p.chat(w, clients)
	for _, f := range p.faults {
		time.Sleep(f.after)
		f.happen(w, lines[f.victim], clients)
		if f.calm {
			w.calm(clients, f.what)
		}
	}
	traffic.Wait()
	if p.idle > 0 {
		w.calm(clients, "everything")
		time.Sleep(p.idle)
		p.chat(w, clients).Wait()
	}
	if p.leaves {
		w.leave()
		return
	}
	w.finish()
}

// chat has both sides of each pair send messages of random sizes at random times.
func (p plan) chat(w *world, clients []*talker.Talk) *sync.WaitGroup {
	var all sync.WaitGroup
	ctx := context.Background()
	for i, c := range clients {
		if c == nil {
			continue
		}
		for side := range 2 {
			random := rand.New(rand.NewPCG(p.seed, uint64(2*i+side+10)))
			all.Go(func() {
				t := c
				if side == 1 {
					if t = w.other(c); t == nil {
						w.problem("the listener never accepted %s", c.App.Name)
						return
					}
				}
				for range p.sends {
					size := random.IntN(500)
					if random.IntN(40) == 0 {
						size = random.IntN(60_000)
					}
					if t.Send(ctx, size) != nil {
						return
					}
					time.Sleep(upTo(random, 4*time.Second))
				}
			})
		}
	}
	return &all
}

// calm waits until every client is connected or its Conn has ended. No fault may prevent that
// for long. The history judges the ended Conns.
func (w *world) calm(clients []*talker.Talk, what string) {
	start := time.Now()
	for time.Since(start) < calmWithin {
		time.Sleep(200 * time.Millisecond)
		all := true
		for _, c := range clients {
			all = all && (c == nil || c.Conn.State() == sdk.Connected || c.Conn.State() == sdk.Closed)
		}
		if all && time.Since(start) > 35*time.Second { // silent cuts have been noticed too
			return
		}
	}
	w.problem("after %s not every client was connected again within %v", what, calmWithin)
}
