//go:build linux

package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

// A fault is a way to lose all connections of one side or of both at once.
type fault struct {
	name, about string
	proxied     bool          // the connections go through the proxies
	gap         bool          // the cut has no exact time: the longest gap between messages is measured
	within      time.Duration // limit until all are back
}

var faults = []fault{
	{"rst", "sockets reset", true, false, time.Minute},
	{"silence", "connections on which everything vanishes", true, false, 2 * time.Minute},
	{"kill", "relayd killed and started again", false, false, time.Minute},
	{"drain", "relayd drained and started again", false, true, time.Minute},
}

func recoverMode(flags *pflag.FlagSet) func(*bench.Run) {
	kinds := flags.StringSlice("kind", []string{"rst", "silence", "kill", "drain"}, "`names` of the faults, with commas between")
	cuts := flags.Int("cuts", 200, "how often a pair is cut off, for each kind")
	pairs := flags.Int("pairs", 100, "pairs that are cut off at once")
	// The SDK waits longer before it connects again if a connection has lived for less than ten seconds.
	warmup := flags.Duration("warmup", 11*time.Second, "how long connections live before they are cut")
	return func(r *bench.Run) {
		var chosen []fault
		for _, kind := range *kinds {
			i := slices.IndexFunc(faults, func(f fault) bool { return f.name == kind })
			if i < 0 {
				r.Check(bench.Mistake(fmt.Sprintf("there is no kind %q", kind)))
			}
			chosen = append(chosen, faults[i])
		}
		for _, f := range chosen {
			recoverFrom(r, f, *cuts, min(*pairs, *cuts), *warmup)
		}
	}
}

// recovery is the measurements: a duration for each cut.
type recovery struct{ back, noticed, away bench.Histogram }

// recoverFrom measures one fault with a new relay and new pairs.
func recoverFrom(r *bench.Run, f fault, cuts, pairs int, warmup time.Duration) {
	relay := r.StartRelay("", nil)
	addresses := [2]string{relay.Address, relay.Address} // of servers, and of clients
	var proxies [2]*chaos.Proxy
	for i := range proxies {
		proxy, err := chaos.Listen(relay.Address, &chaos.Options{MaxConns: 4*pairs + 16, Lifetime: 2 * time.Hour})
		r.Check(err)
		defer proxy.Close()
		proxies[i] = proxy
		if f.proxied {
			addresses[i] = proxy.Addr()
		}
	}
	r.Say("%s: %d pairs connect", f.name, pairs)
	c := newCrowd(r, pairs, addresses)
	defer c.close()
	measured := recovery{bench.NewHistogram(), bench.NewHistogram(), bench.NewHistogram()}
	for round := range (cuts + pairs - 1) / pairs {
		r.Say("%s: %d of %d cuts are done", f.name, round*pairs, cuts)
		r.Check(bench.Sleep(c.ctx, warmup))
		c.watch()
		began := time.Now()
		switch f.name {
		case "kill":
			relay.End()
			relay.Restart()
		case "drain":
			relay.Drain()
			relay.Restart()
		default: // cut the clients and the servers by turns
			kind, err := chaos.ParseKind(f.name)
			r.Check(err)
			if proxies[(round+1)%2].CutAll(kind) == 0 {
				r.Fail("there was no connection to cut")
			}
		}
		c.await(f.within)
		c.note(f, began, &measured)
	}
	r.Say("%s: waiting for the last outcomes", f.name)
	c.close()
	relay.End()
	r.Print(c.result(f, &measured))
	if c.lost+c.repeated+c.reordered+c.undelivered > 0 {
		r.Fail("%s: the promise was broken", f.name)
	}
}

// note adds the effect of one fault to measured.
func (c *crowd) note(f fault, began time.Time, measured *recovery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pairs {
		there, here := p.talks[0], p.talks[1]
		back := max(there.backAt.Sub(began), here.backAt.Sub(began))
		if f.gap {
			back = max(there.gap, here.gap)
		}
		measured.back.Record(back)
		if !p.noticed.IsZero() && !p.connected.Before(p.noticed) {
			measured.noticed.Record(p.noticed.Sub(began))
			measured.away.Record(p.connected.Sub(p.noticed))
		}
	}
}

func (c *crowd) result(f fault, measured *recovery) *bench.Result {
	cuts := measured.back.Count()
	r := bench.NewResult(fmt.Sprintf("recover: %s; %d cuts, %d pairs at once", f.about, cuts, len(c.pairs)), "kind", f.name, "cuts", cuts, "pairs", len(c.pairs))
	what := "from the cut to the next message"
	if f.gap {
		what = "longest gap between messages"
	}
	r.Add("recover_ms_p50", what+", p50", bench.Micros(measured.back.Percentile(50), 1000), "ms")
	r.Add("recover_ms_p99", "p99", bench.Micros(measured.back.Percentile(99), 1000), "ms")
	r.Add("recover_ms_max", "longest", bench.Micros(measured.back.Percentile(100), 1000), "ms")
	r.Add("noticed_ms_p50", "until the SDK says so, p50", bench.Micros(measured.noticed.Percentile(50), 1000), "ms")
	r.Add("away_ms_p50", "from then until both are back, p50", bench.Micros(measured.away.Percentile(50), 1000), "ms")
	r.Add("away_ms_p99", "p99", bench.Micros(measured.away.Percentile(99), 1000), "ms")
	r.Add("messages", "messages sent", c.sent, "")
	r.Add("lost", "lost", c.lost, "")
	r.Add("repeated", "repeated", c.repeated, "")
	r.Add("reordered", "reordered", c.reordered, "")
	r.Add("not_delivered", "outcomes that are not delivered", c.undelivered, "")
	return r
}
