//go:build linux

package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

const (
	// roundTrip is how far the client is away. The server is near the relay.
	roundTrip = 50 * time.Millisecond

	// A stall holds the line back for a round trip, as a lost packet does, at some moment
	// of each slot: for one percent of the time.
	stallFor  = roundTrip
	stallSlot = 100 * stallFor
)

// goodputSizes are messages that go as they are, and ones that go in eight parts.
var goodputSizes = []int{messageSize, 256 << 10}

func goodputFlags(flags *flag.FlagSet, s *settings) {
	timeFlags(flags, s, time.Second, 2*stallSlot)
}

// goodputFiles counts one pair, and a proxy before it.
func goodputFiles(*settings) int { return 20 }

// goodput measures each size on a good line, and on one that stalls.
func (b *bench) goodput(s *settings) error {
	r, err := b.startRelay(s)
	if err != nil {
		return err
	}
	defer r.kill()
	for _, size := range goodputSizes {
		for _, stalls := range []bool{false, true} {
			if err := b.longLine(r, s, size, stalls); err != nil {
				return r.explain(err)
			}
		}
	}
	return nil
}

func (b *bench) longLine(r *relay, s *settings, size int, stalls bool) error {
	line, err := chaos.Listen(r.address, nil)
	if err != nil {
		return err
	}
	defer line.Close()
	half := chaos.Way{Delay: roundTrip / 2}
	line.SetFaults(chaos.Faults{Up: half, Down: half})
	pairs, err := b.openPairs(1, route{server: r.address, client: line.Addr()})
	if err != nil {
		return err
	}
	f := newFlow(b.Ctx, pairs, size, 0)
	defer f.close()

	b.Live.Now("messages of %d bytes, stalls: %v", size, stalls)
	var stalled int
	var rate float64
	var gap time.Duration
	err = f.run(s.warmup, func() error {
		over := make(chan struct{})
		var beside sync.WaitGroup
		beside.Go(func() { gap = f.longestGap(over) })
		if stalls {
			beside.Go(func() { stalled = stall(line, over) })
		}
		before, begin := f.arrived.Load(), time.Now()
		err := f.wait(s.during)
		n := f.arrived.Load() - before
		rate = float64(n) * float64(size) / time.Since(begin).Seconds()
		close(over)
		beside.Wait()
		if err == nil && n == 0 {
			err = fmt.Errorf("no message has arrived in %v", s.during)
		}
		return err
	})
	if err != nil {
		return err
	}
	b.Live.Clear()
	with := "without stalls"
	if stalls {
		with = fmt.Sprintf("stalls of %v for 1 %% of the time", stallFor)
	}
	res := report.Result{Title: fmt.Sprintf("goodput: messages of %d bytes, round trip %v, %s", size, roundTrip, with)}
	res.Add("size", "", size, "")
	res.Add("round_trip_ms", "", roundTrip.Milliseconds(), "")
	res.Add("stalls", "stalls", stalled, "")
	res.Add("bytes_per_second", "", rate, "")
	res.Add("", "goodput", rate/1e6, "MB/s")
	res.Millis("longest_gap_ms", "longest gap between messages", gap)
	return b.Report.Print(res)
}

// longestGap looks every few milliseconds whether something has arrived.
func (f *flow) longestGap(over <-chan struct{}) (gap time.Duration) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	before, since := f.arrived.Load(), time.Now()
	for {
		select {
		case <-tick.C:
		case <-over:
			return max(gap, time.Since(since))
		}
		if now := f.arrived.Load(); now != before {
			gap = max(gap, time.Since(since))
			before, since = now, time.Now()
		}
	}
}

// stall holds the line back once in each slot, and returns how often it did.
func stall(line *chaos.Proxy, over <-chan struct{}) (n int) {
	for {
		at := rand.N(stallSlot - stallFor)
		for i, wait := range []time.Duration{at, stallSlot - at} {
			select {
			case <-time.After(wait):
			case <-over:
				return n
			}
			if i == 0 {
				line.StallAll(stallFor)
				n++
			}
		}
	}
}
