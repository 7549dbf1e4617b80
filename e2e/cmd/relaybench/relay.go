//go:build linux

package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

func relayFlags(flags *flag.FlagSet, s *settings) {
	targetFlags(flags, s)
	pairFlags(flags, s)
	timeFlags(flags, s, 5*time.Second)
}

func limitFlags(flags *flag.FlagSet, s *settings) {
	pairFlags(flags, s)
	timeFlags(flags, s, 5*time.Second)
}

// pairs measures the closed loop of relay and limit.
func (b *bench) pairs(l *loop, s *settings) error {
	traffic, err := openPairs(l, s, s.window)
	if err != nil {
		return err
	}
	traffic.progress("measuring")
	out, err := traffic.closedLoop(s.warmup, s.during)
	if err != nil {
		return err
	}
	r := b.result(s, fmt.Sprintf("%d pairs, window %d, %d bytes", s.pairs, s.window, s.size))
	s.pairFigures(&r)
	out.figures(&r)
	return b.Report.Print(r)
}

// result begins a result; every one says who ran where.
func (b *bench) result(s *settings, load string) report.Result {
	r := report.Result{Title: fmt.Sprintf("%s: %s; %v", b.Report.Mode, load, b.cores)}
	r.Add("cores", "", b.cores.String(), "")
	if s.relayProcs > 0 && s.url == "" {
		r.Add("relay_procs", "", s.relayProcs, "")
	}
	return r
}

func (s *settings) pairFigures(r *report.Result) {
	r.Add("pairs", "", s.pairs, "")
	r.Add("window", "", s.window, "")
	r.Add("size", "", s.size, "")
	r.Add("bursts", "", s.bursts, "")
}
