//go:build linux

package main

import (
	"fmt"

	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

// A column is one figure of a turn.
type column struct {
	key, label string
	of         func(turn) float64
}

var columns = []column{
	{"messages_per_second", "messages a second", func(t turn) float64 { return t.rate }},
	{"relay_cpu_us_per_message", "CPU time of the relay, µs", func(t turn) float64 { return t.relay }},
	{"own_cpu_us_per_message", "CPU time of both peers, µs", func(t turn) float64 { return t.own }},
}

// roundResult is one line about a round.
func roundResult(pairs, round int, sides []*side) report.Result {
	base, linked := sides[0].turns[round], sides[1].turns[round]
	r := report.Result{Title: fmt.Sprintf(
		"%d pairs, round %d: %.0f base and %.0f linked messages a second, relay %.1f and %.1f µs, peers %.1f and %.1f µs, %.2f LINK_ACK for each",
		pairs, round+1, base.rate, linked.rate, base.relay, linked.relay, base.own, linked.own, linked.acks)}
	r.Add("pairs", "", pairs, "")
	r.Add("round", "", round+1, "")
	for _, c := range columns {
		r.Add("base_"+c.key, "", c.of(base), "")
		r.Add("linked_"+c.key, "", c.of(linked), "")
	}
	r.Add("link_acks_per_message", "", linked.acks, "")
	return r
}

// ratios sums up: for each figure both medians, and the ratio of linked to base, taken
// round by round.
func ratios(pairs int, s *settings, sides []*side) report.Result {
	r := report.Result{Title: fmt.Sprintf("stream: %d rounds, %d pairs, %d bytes, window %d", s.rounds, pairs, messageSize, streamWindow)}
	r.Add("pairs", "", pairs, "")
	r.Add("rounds", "", s.rounds, "")
	r.Add("size", "", messageSize, "")
	r.Add("window", "", streamWindow, "")
	for _, c := range columns {
		var each [2][]float64
		var ratio []float64
		for round := range s.rounds {
			base, linked := c.of(sides[0].turns[round]), c.of(sides[1].turns[round])
			each[0], each[1] = append(each[0], base), append(each[1], linked)
			ratio = append(ratio, linked/base)
		}
		r.Add("base_"+c.key+"_median", c.label+", base", report.Median(each[0]), "")
		r.Add("linked_"+c.key+"_median", "  linked", report.Median(each[1]), "")
		spread(&r, c.key+"_ratio", "  ratio, median", ratio)
	}
	var acks []float64
	for _, t := range sides[1].turns {
		acks = append(acks, t.acks)
	}
	r.Add("link_acks_per_message", "LINK_ACK for each message", report.Median(acks), "")
	return r
}
