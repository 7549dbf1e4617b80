//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

// line compares one byte stream over the direct path with TCP and with a raw data channel, over
// a cable with a round trip and loss.
func line(flags *pflag.FlagSet) func(*bench.Run) {
	trips := flags.DurationSlice("round-trip", []time.Duration{50 * time.Millisecond, 200 * time.Millisecond}, "`round trips`, with commas between")
	losses := flags.Float64Slice("loss", []float64{0, 1}, "`percents` of the frames that are lost, each way, with commas between")
	mbit := flags.Float64("rate", 100, "Mbit a second")
	rounds := flags.Int("rounds", 3, "how often all take their turn")
	during := flags.Duration("for", 8*time.Second, "how long to measure")
	warmup := flags.Duration("warmup", 4*time.Second, "the same load before that, not measured")
	return func(r *bench.Run) {
		socket, closeSocket := relaySocket(r, r.StartRelay("", nil))
		defer closeSocket()
		for _, trip := range *trips {
			for _, loss := range *losses {
				c := newCable(r, socket, trip, loss/100, *mbit)
				c.connect()
				for _, beside := range []string{byTCP, byChannel} {
					res := bench.NewResult(fmt.Sprintf("line: %d rounds, round trip %v, %g %% lost, %g Mbit/s, beside %s", *rounds, trip, loss, *mbit, beside),
						"round_trip_ms", trip.Milliseconds(), "loss_percent", loss, "beside", beside)
					side := func(name, by string) bench.Side {
						return bench.Side{Name: name, Turn: func() []float64 { return []float64{c.goodput(by, *during, *warmup)} }}
					}
					r.Compare(res, *rounds, []bench.Figure{{Key: "mbit_per_second", Label: "Mbit a second", Ratio: "mbit_per_second_ratio"}},
						[2]bench.Side{side("other", beside), side("stream", byStream)})
				}
				c.close()
			}
		}
	}
}

// connect opens all carriers.
func (c *cable) connect() {
	var url, offer, answer string
	c.call(1, "Listen", Nothing{}, &url)
	c.call(0, "Dial", url, new(Nothing))
	c.call(0, "Offer", Nothing{}, &offer)
	c.call(1, "Answer", offer, &answer)
	c.call(0, "Agree", answer, new(Nothing))
	const port = ":7777"
	c.call(1, "ListenTCP", addresses[1]+port, new(Nothing))
	c.call(0, "DialTCP", addresses[1]+port, new(Nothing))
}

// goodput returns how many Mbit a second come by a carrier. When it returns nothing is under way.
func (c *cable) goodput(by string, during, warmup time.Duration) float64 {
	before := c.count(by)
	c.call(0, "Send", by, new(Nothing))
	c.run.Check(bench.Sleep(c.run.Ctx, warmup))
	first, began := c.count(by), time.Now()
	c.run.Check(bench.Sleep(c.run.Ctx, during))
	rate := float64(c.count(by)-first) * 8e-6 / time.Since(began).Seconds()
	var sent int64
	c.call(0, "Stop", by, &sent)
	for late := time.Now().Add(4 * patience); c.count(by) < before+sent; {
		if time.Now().After(late) {
			c.run.Fail("%d bytes of %d came by %s", c.count(by)-before, sent, by)
		}
		c.run.Check(bench.Sleep(c.run.Ctx, 10*time.Millisecond))
	}
	if rate == 0 {
		c.run.Fail("nothing has come by %s in %v", by, during)
	}
	return rate
}

func (c *cable) count(by string) (received int64) {
	c.call(1, "Count", by, &received)
	return received
}
