//go:build linux

package main

import (
	"flag"
	"fmt"
	"time"
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
	return b.report.print(r)
}

// result begins a result; every one says who ran where.
func (b *bench) result(s *settings, load string) result {
	r := result{title: fmt.Sprintf("%s: %s; %v", b.report.mode, load, b.cores)}
	r.add("cores", "", b.cores.String(), "")
	if s.relayProcs > 0 && s.url == "" {
		r.add("relay_procs", "", s.relayProcs, "")
	}
	return r
}

func (s *settings) pairFigures(r *result) {
	r.add("pairs", "", s.pairs, "")
	r.add("window", "", s.window, "")
	r.add("size", "", s.size, "")
	r.add("bursts", "", s.bursts, "")
}
