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

// rate measures the relay, and then the forwarder at the same rate: how much of
// a late answer is the machine's.
func (b *bench) rate(l *loop, s *settings) error {
	rate, err := b.rateOf("relay", l, s, 0)
	if err != nil || l.target.pid == 0 {
		return err
	}
	return b.drive(
		func() (*target, error) { return b.forwarder(s) },
		func(l *loop) error {
			_, err := b.rateOf("forwarder", l, s, rate)
			return err
		})
}

// rateOf measures one target at a rate, or, if that is 0, at what the flags say,
// and gives it.
func (b *bench) rateOf(name string, l *loop, s *settings, rate float64) (float64, error) {
	const behind = 4096 // messages of one pair: a relay that cannot keep up is given up then
	traffic, err := openPairs(l, s, behind)
	if err != nil {
		return 0, err
	}
	r := b.result(s, "")
	r.Add("target", "", name, "")
	s.pairFigures(&r)
	if rate == 0 {
		rate, err = strconv.ParseFloat(s.rate, 64)
	}
	if err != nil { // half
		traffic.progress("finding the highest rate")
		out, err := traffic.closedLoop(s.warmup, min(2*time.Second, s.during))
		if err != nil {
			return 0, err
		}
		highest := float64(out.delivered) / out.took.Seconds()
		rate = highest / 2
		r.Add("highest_per_second", "messages a second of a closed loop", highest, "")
	}
	out, err := traffic.openLoop(rate, s.warmup, s.during)
	if err != nil {
		return 0, err
	}
	r.Title = b.result(s, fmt.Sprintf("%s, %d pairs, %.0f messages a second, %d bytes", name, s.pairs, rate, s.size)).Title
	r.Add("rate", "", rate, "")
	out.figures(&r)
	b.Live.Clear()
	return rate, b.Report.Print(r)
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
