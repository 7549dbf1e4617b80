package pathproof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/virtual"
)

// mendWithin is how long it may take until the direct path is back when all is well. Each attempt
// that fails doubles the time to the next one.
const mendWithin = 2 * time.Minute

// run carries out a plan.
func (p plan) run(w *world) {
	random := rand.New(rand.NewPCG(p.seed, 6))
	program := func(i int) *program {
		paths := p.server
		if i >= 0 {
			paths = p.clients[i]
		}
		var r [2]virtual.Road
		r[0], r[1] = roads(random)
		up, down := ways(random)
		return w.program(paths, r, up, down)
	}
	server := program(-1)
	for i := range p.clients {
		w.clients = append(w.clients, program(i))
	}
	if !w.listen(server) {
		w.leave()
		return
	}
	var accepting, dialling sync.WaitGroup
	accepting.Go(func() { w.accept(p.seed) })
	for i, c := range w.clients {
		dialling.Go(func() { w.dial(c, fmt.Sprint("client", i), p.seed+1) })
	}
	dialling.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var traffic sync.WaitGroup
	for i, c := range w.clients {
		for side, t := range []*talker.Talk{c.talk, c.other} {
			if t != nil {
				traffic.Go(func() { chat(ctx, t, rand.New(rand.NewPCG(p.seed, uint64(4*i+side+10)))) })
				traffic.Go(func() { stream(ctx, t, rand.New(rand.NewPCG(p.seed, uint64(4*i+side+12)))) })
			}
		}
	}
	for _, f := range p.faults {
		time.Sleep(f.after)
		f.happen(w)
	}
	time.Sleep(mendWithin + time.Second)
	cancel()
	over := make(chan struct{})
	go func() {
		defer close(over)
		traffic.Wait()
	}()
	select {
	case <-over:
	case <-time.After(patience):
		w.problem("not every message was accepted, or not every stream ended, within %v", patience)
	}
	w.leave() // ends what waits still
	<-over
	accepting.Wait()
}

// chat sends messages of random sizes at random times until ctx ends.
func chat(ctx context.Context, t *talker.Talk, random *rand.Rand) {
	for ctx.Err() == nil {
		size := random.IntN(500)
		if random.IntN(40) == 0 {
			size = random.IntN(60_000)
		}
		if t.Send(ctx, size) != nil && t.Conn.Err() != nil {
			return
		}
		form.Pace(ctx, random, 0, 4*time.Second)
	}
}

// stream opens one stream after the other until ctx ends.
func stream(ctx context.Context, t *talker.Talk, random *rand.Rand) {
	for ctx.Err() == nil {
		size, over := random.IntN([]int{10, 20_000, 100_000}[random.IntN(3)]), time.Duration(random.Int64N(int64(20*time.Second)))
		if random.IntN(10) == 0 { // more than a stream buffers, at once
			size, over = 400_000, 0
		}
		if t.Stream(ctx, size, over, random) != nil && t.Conn.Err() != nil {
			return
		}
		form.Pace(ctx, random, 0, 2*time.Second)
	}
}
