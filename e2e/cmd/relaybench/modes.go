//go:build linux

package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

// pairsOf measures pairs in a closed loop.
func (l *load) pairsOf(t *target) {
	l.measure(l.open(t, l.pairs, 1, l.window), l.pairResult("closed loop"))
}

// fan measures one server with many clients.
func (l *load) fan() {
	l.measure(l.open(l.startRelay(""), 1, l.clients, l.window),
		l.result(fmt.Sprintf("one server, %d clients, window %d, %d bytes", l.clients, l.window, l.size), "clients", l.clients, "window", l.window, "size", l.size))
}

// measure measures a closed loop.
func (l *load) measure(x *traffic, r *bench.Result) {
	defer x.close()
	x.closedLoop(l.during).figures(r)
	l.Print(r)
}

// compare measures the relay and the other target by turns.
func (l *load) compare() {
	if l.warmup+l.during > 20*time.Second {
		l.Check(bench.Mistake("--warmup and --for must be at most 20s together: peers that wait for their turn answer no pings"))
	}
	targets := [2]*target{1: l.startRelay("")}
	names := [2]string{"forwarder", "relay"}
	switch {
	case l.against != "":
		names[0], targets[0] = "against", l.startRelay(l.against)
	case l.v1: // compare with the same relay, for base peers
		names[0], targets[0] = "base", l.startRelay("")
		targets[0].v1 = false
	default:
		targets[0] = l.startForwarder()
	}
	var sides [2]bench.Side
	for i, t := range targets {
		x := l.open(t, l.pairs, 1, l.window)
		defer x.close()
		sides[i] = bench.Side{Name: names[i], Turn: func() []float64 {
			out := x.closedLoop(l.during)
			return []float64{bench.Micros(out.cpu, out.delivered), float64(out.delivered) / out.took.Seconds()}
		}}
	}
	l.Compare(l.pairResult(fmt.Sprintf("%d rounds", l.rounds)), l.rounds, []bench.Figure{
		{Key: "cpu_us_per_message", Label: "CPU time of a message, µs", Ratio: "ratio"},
		{Key: "messages_per_second", Label: "messages a second", Ratio: "messages_per_second_ratio"},
	}, sides)
}

// bothAtRate measures the relay, and then the forwarder at the same rate, which shows how much of
// the latency is the machine's.
func (l *load) bothAtRate() {
	rate, err := strconv.ParseFloat(l.rate, 64)
	if l.rate != "half" && (err != nil || !(rate >= 1 && rate <= 1e7)) {
		l.Check(bench.Mistake(fmt.Sprintf("--rate is %q and must be messages a second, 1 to 10000000, or half", l.rate)))
	}
	rate = l.atRate("relay", l.startRelay(""), rate)
	l.atRate("forwarder", l.startForwarder(), rate)
}

// atRate measures a target at a rate, or at half of the highest rate if it is 0. It returns the
// rate.
func (l *load) atRate(name string, t *target, rate float64) float64 {
	const behind = 4096 // messages of one pair; more fail the run, because the relay cannot keep up
	x := l.open(t, l.pairs, 1, behind)
	defer x.close()
	var highest float64
	if rate == 0 {
		out := x.closedLoop(min(2*time.Second, l.during))
		highest = float64(out.delivered) / out.took.Seconds()
		rate = highest / 2
	}
	out := x.openLoop(rate)
	r := l.pairResult(fmt.Sprintf("%s, %.0f messages a second", name, rate), "target", name, "rate", rate)
	if highest > 0 {
		r.Add("highest_per_second", "messages a second of a closed loop", highest, "")
	}
	out.figures(r)
	l.Print(r)
	return rate
}

// result begins a result. Each names the processes' cores.
func (l *load) result(what string, fields ...any) *bench.Result {
	return bench.NewResult(fmt.Sprintf("%s: %s; %s", l.Mode, what, l.cores), append(fields, "cores", l.cores, "relay_procs", l.procs)...)
}

func (l *load) pairResult(what string, fields ...any) *bench.Result {
	fields = append(fields, "pairs", l.pairs, "window", l.window, "size", l.size)
	return l.result(fmt.Sprintf("%s, %d pairs, window %d, %d bytes", what, l.pairs, l.window, l.size), fields...)
}
