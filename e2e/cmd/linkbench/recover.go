//go:build linux

package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

func recoverFlags(flags *flag.FlagSet, s *settings) {
	kindFlag(flags, s)
	flags.IntVar(&s.cuts, "cuts", 200, "how often a pair is cut off, for each kind")
	pairsFlag(flags, s, "`number` of pairs that are cut off at once", false, 100)
	// A connection that lived for less than ten seconds was not worth much to the SDK:
	// it then waits longer before the next.
	flags.DurationVar(&s.warmup, "warmup", 11*time.Second, "how long connections live before they are cut")
}

// recoverFiles counts for each connection two sockets in a proxy, and as many again of
// silent connections, which stay for a while.
func recoverFiles(s *settings) int { return 2 * s.pairs[0] * (1 + 2*2) }

// recover measures each kind, with a relay and pairs of its own.
func (b *bench) recover(s *settings) error {
	for _, k := range kinds {
		for _, name := range s.kinds {
			if name == k.name {
				if err := b.recoverFrom(k, s); err != nil {
					return fmt.Errorf("%s: %w", k.name, err)
				}
			}
		}
	}
	return nil
}

// times are what was measured, one of each for a cut.
type times struct{ back, noticed, away []time.Duration }

func (b *bench) recoverFrom(k kind, s *settings) error {
	pairs := min(s.pairs[0], s.cuts)
	rounds := (s.cuts + pairs - 1) / pairs
	st, err := b.newStage(s, k, pairs)
	if err != nil {
		return err
	}
	defer st.close()
	b.Live.Now("%s: %d pairs connect", k.name, pairs)
	c, err := b.newCrowd(pairs, st.route())
	if err != nil {
		return st.relay.explain(err)
	}
	var measured times
	for round := range rounds {
		b.Live.Now("%s: round %d of %d", k.name, round+1, rounds)
		if err = c.wait(s.warmup); err == nil {
			err = measured.round(k, st, c, round)
		}
		if err != nil {
			break
		}
	}
	b.Live.Now("%s: waiting for the last outcomes", k.name)
	told := c.end()
	if err != nil {
		return st.relay.explain(err)
	}
	b.Live.Clear()
	if err := b.Report.Print(measured.result(k, pairs, told)); err != nil {
		return err
	}
	if !told.clean() {
		return fmt.Errorf("the promise was broken: %d lost, %d repeated, %d reordered, outcomes that are not delivered: %v",
			told.lost, told.repeated, told.reordered, told.outcomes)
	}
	return nil
}

// round cuts every pair off once.
func (m *times) round(k kind, st *stage, c *crowd, round int) error {
	c.watch()
	begin := time.Now()
	if err := k.strike(st, round); err != nil {
		return err
	}
	if err := c.awaitAll(k.within); err != nil {
		return err
	}
	for i, sight := range c.sights {
		there, gapThere := c.talks[2*i].recovered()
		here, gapHere := c.talks[2*i+1].recovered()
		back := max(there.Sub(begin), here.Sub(begin))
		if k.gap {
			back = max(gapThere, gapHere)
		}
		m.back = append(m.back, back)
		if noticed, away, ok := sight.saw(begin); ok {
			m.noticed, m.away = append(m.noticed, noticed), append(m.away, away)
		}
	}
	return nil
}

func (m *times) result(k kind, pairs int, told tally) report.Result {
	r := report.Result{Title: fmt.Sprintf("recover: %s; %d cuts, %d pairs at once", k.about, len(m.back), pairs)}
	r.Add("kind", "", k.name, "")
	r.Add("cuts", "", len(m.back), "")
	r.Add("pairs", "", pairs, "")
	what := "from the cut to the next message"
	if k.gap {
		what = "longest gap between messages"
	}
	for _, q := range []struct {
		key, label string
		q          float64
	}{{"p50", what + ", p50", 0.5}, {"p99", "p99", 0.99}, {"max", "longest", 1}} {
		r.Millis("recover_ms_"+q.key, q.label, quantile(m.back, q.q))
	}
	r.Millis("noticed_ms_p50", "until the SDK says so, p50", quantile(m.noticed, 0.5))
	r.Millis("away_ms_p50", "from then until both are back, p50", quantile(m.away, 0.5))
	r.Millis("away_ms_p99", "p99", quantile(m.away, 0.99))
	r.Add("messages", "messages sent", told.sent, "")
	r.Add("lost", "lost", told.lost, "")
	r.Add("repeated", "repeated", told.repeated, "")
	r.Add("reordered", "reordered", told.reordered, "")
	r.Add("not_delivered", "outcomes that are not delivered", told.undelivered(), "")
	return r
}
