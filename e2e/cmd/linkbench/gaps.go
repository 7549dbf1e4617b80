//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

// talkEvery is how often each end of a talk sends.
const talkEvery = 20 * time.Millisecond

// pathLoss measures for how long nothing is delivered when one of two paths dies.
func pathLoss(flags *pflag.FlagSet) func(*bench.Run) {
	cuts := flags.Int("cuts", 100, "how often a pair loses a path, for each of the two")
	pairs := flags.Int("pairs", 10, "pairs that lose it at once")
	trip := flags.Duration("round-trip", 20*time.Millisecond, "`round trip` of the direct path")
	watch := flags.Duration("for", 6*time.Second, "how long the path is gone")
	return func(r *bench.Run) {
		relay := r.StartRelay("", nil)
		socket, closeSocket := relaySocket(r, relay)
		defer closeSocket()
		n := min(*pairs, *cuts)
		cutDirect := func(c *cable) { c.isCut.Store(true) }
		for _, fault := range []struct {
			name, about string
			begin       func(*cable)
			end         func()
		}{
			{"none", "nothing dies", func(*cable) {}, func() {}},
			{"direct", "the direct path dies, the relay is there", cutDirect, func() {}},
			{"relay", "the relay dies, the direct path is there", func(*cable) { relay.End() }, relay.Restart},
		} {
			gaps, wrong := bench.NewHistogram(), 0
			for gaps.Count() < 2*int64(*cuts) { // each end of a pair has one
				r.Say("%s: %d of %d cuts are done", fault.about, gaps.Count()/2, *cuts)
				c := newCable(r, socket, *trip, 0, 1000)
				wrong += c.cutOnce(n, *watch, fault.begin, gaps)
				c.close()
				fault.end()
			}
			res := bench.NewResult(fmt.Sprintf("paths: %s; %d cuts, %d pairs at once", fault.about, gaps.Count()/2, n), "kind", fault.name, "cuts", gaps.Count()/2)
			for _, p := range []float64{50, 99, 100} {
				res.Add(fmt.Sprintf("gap_ms_p%g", p), fmt.Sprintf("longest time without a message, p%g", p), bench.Micros(gaps.Percentile(p), 1000), "ms")
			}
			res.Add("out_of_order", "lost, repeated or out of order", wrong, "")
			r.Print(res)
		}
	}
}

// cutOnce opens n pairs over a cable, and records the longest gap of each end from begin on. It
// returns how many messages did not follow the one before. Each pair is cut once: what it learns from
// that of the path is for the next time.
func (c *cable) cutOnce(n int, watch time.Duration, begin func(*cable), gaps bench.Histogram) (wrong int) {
	var url string
	c.call(1, "Accept", Nothing{}, &url)
	c.call(0, "Join", Joining{url, n}, new(Nothing))
	for i := range c.ends {
		c.call(i, "Direct", n, new(Nothing))
	}
	for i := range c.ends {
		c.call(i, "Watch", Nothing{}, new(Nothing))
	}
	begin(c)
	c.run.Check(bench.Sleep(c.run.Ctx, watch))
	for i := range c.ends {
		var longest []time.Duration
		var outOfOrder int
		c.call(i, "Longest", Nothing{}, &longest)
		c.call(i, "Wrong", Nothing{}, &outOfOrder)
		wrong += outOfOrder
		for _, gap := range longest {
			gaps.Record(gap)
		}
	}
	return wrong
}

// gaps is one direction of a talk, at its receiver.
type gaps struct {
	conn *sdk.Conn

	mu      sync.Mutex // guards what follows
	next    int
	wrong   int
	last    time.Time
	longest time.Duration
}

// Joining says whom an End talks to, and how often at once.
type Joining struct {
	URL string
	N   int
}

// Accept has this End talk with each client that comes.
func (e *End) Accept(_ Nothing, url *string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ln, err := sdk.Listen(ctx, "ws://relay/server", &e.options)
	if err != nil {
		return err
	}
	*url = ln.ClientURL()
	go func() {
		for {
			conn, err := ln.Accept(context.Background())
			if err != nil {
				return
			}
			e.talk(conn)
		}
	}()
	return nil
}

// Join has this End talk with a listener.
func (e *End) Join(with Joining, _ *Nothing) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for range with.N {
		conn, err := sdk.Dial(ctx, with.URL, &e.options)
		if err != nil {
			return err
		}
		e.talk(conn)
	}
	return nil
}

// talk sends and receives until the process ends.
func (e *End) talk(conn *sdk.Conn) {
	g := &gaps{conn: conn, last: time.Now()}
	e.mu.Lock()
	e.talks = append(e.talks, g)
	e.mu.Unlock()
	go func() {
		for n := 0; ; n++ {
			if _, err := conn.Send(context.Background(), sdk.Message{Type: "n", Data: fmt.Append(nil, n)}); err != nil {
				return
			}
			time.Sleep(talkEvery)
		}
	}()
	go func() {
		for m, err := range conn.Messages(context.Background()) {
			var n int
			if err != nil || json.Unmarshal(m.Data, &n) != nil {
				return
			}
			now := time.Now()
			g.mu.Lock()
			if n != g.next {
				g.wrong++
			}
			g.next, g.longest, g.last = n+1, max(g.longest, now.Sub(g.last)), now
			g.mu.Unlock()
		}
	}()
}

func (e *End) all() []*gaps {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.talks
}

// Direct waits until n Conns have a direct path.
func (e *End) Direct(n int, _ *Nothing) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	for len(e.all()) < n {
		if err := bench.Sleep(ctx, talkEvery); err != nil {
			return err
		}
	}
	for _, g := range e.all() {
		if err := waitDirect(ctx, g.conn); err != nil {
			return err
		}
	}
	return nil
}

// Watch begins to measure.
func (e *End) Watch(Nothing, *Nothing) error {
	for _, g := range e.all() {
		g.mu.Lock()
		g.longest, g.last = 0, time.Now()
		g.mu.Unlock()
	}
	return nil
}

// Longest returns for how long each Conn was without a message since Watch.
func (e *End) Longest(_ Nothing, longest *[]time.Duration) error {
	for _, g := range e.all() {
		g.mu.Lock()
		*longest = append(*longest, max(g.longest, time.Since(g.last)))
		g.mu.Unlock()
	}
	return nil
}

// Wrong returns how many messages did not follow the one before.
func (e *End) Wrong(_ Nothing, wrong *int) error {
	for _, g := range e.all() {
		g.mu.Lock()
		*wrong += g.wrong
		g.mu.Unlock()
	}
	return nil
}
