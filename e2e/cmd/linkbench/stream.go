//go:build linux

package main

import (
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
	"github.com/sebas642/intercessor/sdk"
)

const (
	// messageSize is that of a message of a stream.
	messageSize = 1000

	// streamWindow is how many messages a client keeps under way: as many as make up half
	// of what a link lets be under way, so that it is never the link that waits.
	streamWindow = 64
)

func streamFlags(flags *flag.FlagSet, s *settings) {
	pairsFlag(flags, s, "`numbers` of pairs, with commas between", true, 1, 64)
	flags.IntVar(&s.rounds, "rounds", 5, "how often both take their turn")
	timeFlags(flags, s, 500*time.Millisecond, 2*time.Second)
}

// streamFiles counts both sides of the comparison.
func streamFiles(s *settings) int { return 2 * 2 * slices.Max(s.pairs) }

// stream compares linked with base messages, for each number of pairs.
func (b *bench) stream(s *settings) error {
	r, err := b.startRelay(s)
	if err != nil {
		return err
	}
	defer r.kill()
	for _, pairs := range s.pairs {
		if err := b.compare(r, s, pairs); err != nil {
			return r.explain(err)
		}
	}
	return nil
}

// A side is one of the two: base or linked.
type side struct {
	name  string
	wire  *wire
	flow  *flow
	turns []turn
}

// A turn is what was measured in one round.
type turn struct {
	rate       float64 // messages a second
	relay, own float64 // microseconds of CPU time for each
	acks       float64 // LINK_ACK for each
}

func (b *bench) compare(r *relay, s *settings, pairs int) error {
	sides := []*side{{name: "base", wire: newWire(true)}, {name: "linked", wire: newWire(false)}}
	for _, x := range sides {
		if err := x.open(b, r, pairs); err != nil {
			return err
		}
		defer x.flow.close()
	}
	for round := range s.rounds {
		order := slices.Clone(sides)
		if round%2 == 1 { // so that neither is always first
			slices.Reverse(order)
		}
		for _, x := range order {
			b.Live.Now("%d pairs, round %d of %d, %s", pairs, round+1, s.rounds, x.name)
			if err := x.turn(r, s); err != nil {
				return fmt.Errorf("%s messages: %w", x.name, err)
			}
		}
		b.Live.Clear()
		if err := b.Report.Print(roundResult(pairs, round, sides)); err != nil {
			return err
		}
	}
	return b.Report.Print(ratios(pairs, s, sides))
}

// open opens the pairs of a side, which must be what they are meant to be.
func (x *side) open(b *bench, r *relay, n int) error {
	options := new(sdk.Options)
	options.HTTPClient = newClient(x.wire)
	pairs, err := b.openPairs(n, route{r.address, r.address, options})
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if linked := p.client.Reliable() && p.server.Reliable(); linked == x.wire.base {
			closePairs(b.Ctx, pairs)
			return fmt.Errorf("the %s pairs are not what they should be: a Conn says that it is reliable, or that it is not", x.name)
		}
	}
	x.flow = newFlow(b.Ctx, pairs, messageSize, streamWindow)
	return nil
}

// turn measures one side once.
func (x *side) turn(r *relay, s *settings) error {
	return x.flow.run(s.warmup, func() error {
		before, err := x.clocks(r)
		if err == nil {
			err = x.flow.wait(s.during)
		}
		if err != nil {
			return err
		}
		after, err := x.clocks(r)
		if err != nil {
			return err
		}
		n := after.arrived - before.arrived
		if n == 0 {
			return fmt.Errorf("none has arrived in %v", s.during)
		}
		x.turns = append(x.turns, turn{
			rate:  float64(n) / after.at.Sub(before.at).Seconds(),
			relay: report.MicrosEach(after.relay-before.relay, n),
			own:   report.MicrosEach(after.own-before.own, n),
			acks:  float64(after.acks-before.acks) / float64(n),
		})
		return nil
	})
}

type clocks struct {
	at            time.Time
	relay, own    time.Duration
	arrived, acks int64
}

func (x *side) clocks(r *relay) (c clocks, err error) {
	if c.relay, err = process.CPUTime(r.child.PID()); err == nil {
		c.own, err = process.CPUTime(0)
	}
	c.at, c.arrived, c.acks = time.Now(), x.flow.arrived.Load(), x.wire.acks.Load()
	return c, err
}
