//go:build linux

package main

import (
	"flag"
	"fmt"
	"strconv"
	"time"
)

func rateFlags(flags *flag.FlagSet, s *settings) {
	targetFlags(flags, s)
	pairFlags(flags, s)
	timeFlags(flags, s, 5*time.Second)
	flags.StringVar(&s.rate, "rate", "half", "`messages` a second, both ways together; half is half of what a closed loop of two seconds reaches")
}

func (b *bench) rate(l *loop, s *settings) error {
	const behind = 4096 // messages of one pair: a relay that cannot keep up is given up then
	traffic, err := openPairs(l, s, behind)
	if err != nil {
		return err
	}
	r := b.result(s, "")
	s.pairFigures(&r)
	rate, err := strconv.ParseFloat(s.rate, 64)
	if err != nil { // half
		traffic.progress("finding the highest rate")
		out, err := traffic.closedLoop(s.warmup, min(2*time.Second, s.during))
		if err != nil {
			return err
		}
		highest := float64(out.delivered) / out.took.Seconds()
		rate = highest / 2
		r.add("highest_per_second", "messages a second of a closed loop", highest, "")
	}
	out, err := traffic.openLoop(rate, s.warmup, s.during)
	if err != nil {
		return err
	}
	r.title = b.result(s, fmt.Sprintf("%d pairs, %.0f messages a second, %d bytes", s.pairs, rate, s.size)).title
	r.add("rate", "", rate, "")
	out.figures(&r)
	return b.report.print(r)
}

// openLoop sends at a fixed rate, whatever comes back. A message counts as sent
// when it was due, even if the load came to it later: nobody waits for the relay
// unmeasured.
func (t *traffic) openLoop(rate float64, warmup, during time.Duration) (*outcome, error) {
	t.progress("measuring")
	if err := t.send(rate, warmup); err != nil {
		return nil, err
	}
	return t.measure(func() error {
		if err := t.send(rate, during); err != nil {
			return err
		}
		return t.settle() // the last answers may be the slowest
	})
}

// send spreads the messages evenly over time and over the callers. A message
// and its answer are two of the rate.
func (t *traffic) send(rate float64, during time.Duration) error {
	every := time.Duration(2 * float64(time.Second) / rate)
	l := t.loop
	l.now = time.Now()
	end := l.now.Add(during)
	for due, i := l.now, 0; due.Before(end); {
		for ; !due.After(l.now); due, i = due.Add(every), i+1 {
			if err := t.callers[i%len(t.callers)].ask(1, due); err != nil {
				return err
			}
		}
		if err := l.step(due.Sub(l.now)); err != nil {
			return err
		}
	}
	return nil
}
