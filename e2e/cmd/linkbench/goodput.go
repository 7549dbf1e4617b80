//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

const (
	// roundTrip is the client's round trip to the relay. The server is near the relay.
	roundTrip = 50 * time.Millisecond

	// A stall blocks the line for a round trip, as a lost packet does, at a random time of
	// each slot: for one percent of the time.
	stallFor  = roundTrip
	stallSlot = 100 * stallFor
)

// goodput measures messages of one part and of eight parts, on a good line and on one that
// stalls.
func goodput(flags *pflag.FlagSet) func(*bench.Run) {
	during := flags.Duration("for", 2*stallSlot, "how long to measure")
	warmup := flags.Duration("warmup", time.Second, "the same load before that, not measured")
	return func(r *bench.Run) {
		relay := r.StartRelay("", nil)
		for _, size := range []int{messageSize, 256 << 10} {
			for _, stalls := range []bool{false, true} {
				r.Say("messages of %d bytes, stalls: %v", size, stalls)
				longLine(r, relay, size, stalls, *during, *warmup)
			}
		}
	}
}

func longLine(r *bench.Run, relay *bench.Relay, size int, stalls bool, during, warmup time.Duration) {
	line, err := chaos.Listen(relay.Address, nil)
	r.Check(err)
	defer line.Close()
	half := chaos.Way{Delay: roundTrip / 2}
	line.SetFaults(chaos.Faults{Up: half, Down: half})
	f := openFlow(r, 1, relay.Address, line.Addr(), nil, size, 1<<20) // only the link limits the messages under way
	defer f.close()
	res := bench.NewResult(fmt.Sprintf("goodput: messages of %d bytes, round trip %v, stalls of %v for 1 %% of the time: %v", size, roundTrip, stallFor, stalls),
		"size", size, "round_trip_ms", roundTrip.Milliseconds())
	f.measure(warmup, func() {
		ctx, over := context.WithTimeout(f.ctx, during)
		defer over()
		stalled := make(chan int, 1)
		go func() { stalled <- stall(ctx, line, stalls) }()
		first, began := f.arrived.Load(), time.Now()
		last, since, gap := first, began, time.Duration(0)
		for bench.Sleep(ctx, 5*time.Millisecond) == nil {
			if now := f.arrived.Load(); now != last {
				gap = max(gap, time.Since(since))
				last, since = now, time.Now()
			}
		}
		gap = max(gap, time.Since(since))
		rate := float64(f.arrived.Load()-first) * float64(size) / time.Since(began).Seconds()
		if rate == 0 {
			r.Fail("no message has arrived in %v", during)
		}
		res.Add("stalls", "stalls", <-stalled, "")
		res.Field("bytes_per_second", rate)
		res.Row("goodput", rate/1e6, "MB/s")
		res.Add("longest_gap_ms", "longest gap between messages", bench.Micros(gap, 1000), "ms")
	})
	r.Print(res)
}

// stall blocks the line once in each slot until the context ends, if stalls is set. It returns
// how often it did.
func stall(ctx context.Context, line *chaos.Proxy, stalls bool) (n int) {
	for stalls {
		at := rand.N(stallSlot - stallFor)
		if bench.Sleep(ctx, at) != nil {
			break
		}
		line.StallAll(stallFor)
		n++
		_ = bench.Sleep(ctx, stallSlot-at)
	}
	return n
}
