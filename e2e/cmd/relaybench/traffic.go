//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

// traffic is what callers say and hear on one loop. They keep messages under way,
// or speak when they are told to (rate.go).
type traffic struct {
	loop    *loop
	callers []*caller

	again     bool       // who hears an answer asks again
	delivered int64      // messages that arrived, either way
	latency   *histogram // nil while nothing is measured
	unchecked int        // callers whose first answer has not come
}

// An outcome is what was measured over a while.
type outcome struct {
	spent
	delivered int64
	latency   *histogram // half round trips
}

// closedLoop lets each caller keep its window of messages under way, for a
// while to warm up and then to measure. In the end nothing is under way.
func (t *traffic) closedLoop(warmup, during time.Duration) (*outcome, error) {
	t.again = true
	for _, c := range t.callers {
		if err := c.ask(c.window, time.Now()); err != nil {
			return nil, err
		}
	}
	if err := t.loop.during(warmup); err != nil {
		return nil, err
	}
	out, err := t.measure(func() error { return t.loop.during(during) })
	if err != nil {
		return nil, err
	}
	return out, t.settle()
}

// settle waits until every message has its answer.
func (t *traffic) settle() error {
	t.again = false
	waits := t.callers
	return t.loop.until("the last answers", func() bool {
		for len(waits) > 0 && waits[0].flight.n == 0 {
			waits = waits[1:]
		}
		return len(waits) == 0
	})
}

// measure takes the clocks before and after run.
func (t *traffic) measure(run func() error) (*outcome, error) {
	for _, c := range t.callers {
		c.answers = 0
	}
	out := &outcome{latency: new(histogram)}
	before := t.delivered
	t.latency = out.latency
	spent, err := t.loop.target.clocked(run)
	t.latency = nil
	if err != nil {
		return nil, err
	}
	out.spent, out.delivered = spent, t.delivered-before
	return out, t.checkAll(out.took)
}

// checkAll finds callers that were left without an answer: what a relay drops is
// missing in their windows for ever.
func (t *traffic) checkAll(took time.Duration) error {
	silent := 0
	for _, c := range t.callers {
		if c.answers == 0 {
			silent++
		}
	}
	if silent > 0 {
		return fmt.Errorf("%d of %d clients got no answer in %v: measure longer, or with less", silent, len(t.callers), took.Round(time.Millisecond))
	}
	return nil
}

// figures adds what was measured to a result.
func (o *outcome) figures(r *report.Result) {
	r.Add("seconds", "measured", o.took.Seconds(), "s")
	r.Add("messages", "", o.delivered, "")
	r.Add("messages_per_second", "messages a second", float64(o.delivered)/o.took.Seconds(), "")
	if o.cpu > 0 {
		r.MicrosEach("cpu_us_per_message", "CPU time of a message", o.cpu, o.delivered)
		r.Add("cpu_percent", "its process keeps a core busy", 100*o.cpu.Seconds()/o.took.Seconds(), "%")
	}
	r.MicrosEach("load_cpu_us_per_message", "CPU time of the load for it", o.load, o.delivered)
	r.Micros("half_round_trip_us_p50", "half a round trip, p50", o.latency.quantile(0.50))
	r.Micros("half_round_trip_us_p99", "p99", o.latency.quantile(0.99))
	r.Micros("half_round_trip_us_p999", "p99.9", o.latency.quantile(0.999))
}

// progress says on the live line what has arrived so far.
func (t *traffic) progress(name string) {
	began, before := time.Now(), t.delivered
	t.loop.live.Show(func() string {
		took := time.Since(began)
		return fmt.Sprintf("%s, %.1f s, %.0f messages a second", name, took.Seconds(), float64(t.delivered-before)/took.Seconds())
	})
}
