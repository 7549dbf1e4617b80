//go:build linux

package main

import (
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

func compareFlags(flags *flag.FlagSet, s *settings) {
	targetFlags(flags, s)
	pairFlags(flags, s)
	timeFlags(flags, s, 2*time.Second)
	flags.IntVar(&s.rounds, "rounds", 5, "how often both take their turn")
	flags.StringVar(&s.against, "against", "", "`path` of another relayd to compare with, instead of the forwarder")
}

// compare measures the relay, which has a loop already, and its base by turns.
func (b *bench) compare(relay *loop, s *settings) error {
	start, base := b.forwarder, "forwarder"
	switch {
	case s.against != "":
		start, base = b.againstRelay, "against"
	case s.v1:
		start, base = b.withBasePeers, "base"
	}
	return b.drive(
		func() (*target, error) { return start(s) },
		func(l *loop) error { return b.rounds(base, l, relay, s) })
}

// againstRelay starts the relay of --against.
func (b *bench) againstRelay(s *settings) (*target, error) { return b.startRelay(s.against, s) }

// withBasePeers starts the same relay for peers that do not ask for v1.
func (b *bench) withBasePeers(s *settings) (*target, error) {
	base := *s
	base.v1 = false
	return b.relay(&base)
}

func (b *bench) rounds(base string, baseLoop, relayLoop *loop, s *settings) error {
	var sides [2]*side
	for i, l := range []*loop{baseLoop, relayLoop} {
		traffic, err := openPairs(l, s, s.window)
		if err != nil {
			return err
		}
		sides[i] = &side{name: [...]string{base, "relay"}[i], traffic: traffic}
	}
	var ratios []float64
	for round := range s.rounds {
		turns := sides
		if round%2 == 1 { // so that neither is always first
			slices.Reverse(turns[:])
		}
		for _, side := range turns {
			if err := side.turn(round, s); err != nil {
				return err
			}
		}
		ratios = append(ratios, sides[1].cpu()/sides[0].cpu())
		if err := b.printRound(s, round, sides, ratios[round]); err != nil {
			return err
		}
	}
	return b.printRatios(s, sides, ratios)
}

// A side is one of the two.
type side struct {
	name    string
	traffic *traffic
	out     *outcome  // of the round at hand
	each    []float64 // CPU time of a message, in microseconds, of each round
}

func (x *side) turn(round int, s *settings) (err error) {
	x.traffic.progress(fmt.Sprintf("round %d of %d, %s", round+1, s.rounds, x.name))
	if x.out, err = x.traffic.closedLoop(s.warmup, s.during); err == nil {
		x.each = append(x.each, x.cpu())
	}
	return err
}

// cpu is the CPU time of a message in the round at hand, in microseconds.
func (x *side) cpu() float64 {
	return report.MicrosEach(x.out.cpu, x.out.delivered)
}

func (b *bench) printRound(s *settings, round int, sides [2]*side, ratio float64) error {
	r := b.result(s, "")
	r.Add("round", "", round+1, "")
	r.Title = fmt.Sprintf("round %d:", round+1)
	for _, x := range sides {
		r.Add(x.name+"_cpu_us_per_message", "", x.cpu(), "")
		r.Add(x.name+"_messages_per_second", "", float64(x.out.delivered)/x.out.took.Seconds(), "")
		r.Title += fmt.Sprintf(" %s %.2f µs,", x.name, x.cpu())
	}
	r.Add("ratio", "", ratio, "")
	r.Title += fmt.Sprintf(" ratio %.3f", ratio)
	b.Live.Clear()
	return b.Report.Print(r)
}

// printRatios sums up: the median, which a disturbed round does not move, and
// how far the rounds are apart.
func (b *bench) printRatios(s *settings, sides [2]*side, ratios []float64) error {
	r := b.result(s, fmt.Sprintf("%d rounds, %d pairs, window %d, %d bytes", s.rounds, s.pairs, s.window, s.size))
	r.Add("rounds", "", s.rounds, "")
	s.pairFigures(&r)
	for _, x := range sides {
		r.Add(x.name+"_cpu_us_per_message_median", "CPU time of a message, "+x.name, report.Median(x.each), "µs")
	}
	r.Add("ratio_median", "median ratio", report.Median(ratios), "")
	r.Add("ratio_min", "lowest", slices.Min(ratios), "")
	r.Add("ratio_max", "highest", slices.Max(ratios), "")
	b.Live.Clear()
	return b.Report.Print(r)
}
