package linkproof

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/protocol/link"
)

// seeds returns the seeds to run: one, some, or in the full form all.
func seeds(t *testing.T, some, all uint64) (first, count uint64) {
	given, err := form.Number("INTERCESSOR_SEED", -1)
	require.NoError(t, err)
	switch {
	case given >= 0:
		return uint64(given), 1
	case form.Full:
		return 0, all
	}
	return 0, some
}

func TestShortEverySeedKeepsThePromise(t *testing.T) {
	keep(t, false, false, 120, 10_000, history.Back)
}

func TestShortTwoPathsKeepThePromise(t *testing.T) {
	keep(t, true, false, 100, 2_000, history.Path)
}

func TestShortStreamsKeepThePromise(t *testing.T) {
	keep(t, true, true, 60, 1_000, history.EOF)
}

// keep runs seeds with or without direct paths and byte streams. It demands enough events of each kind, those
// of more included.
func keep(t *testing.T, direct, flows bool, some, all uint64, more history.Kind) {
	first, count := seeds(t, some, all)
	sums, broken := map[history.Kind]int{}, map[string]bool{}
	begin := time.Now()
	for seed := first; seed < first+count; seed++ {
		w := scenario(seed, direct, flows)
		report := history.Check(w.log.Events(), rules())
		for kind, n := range report.Kinds {
			sums[kind] += n
		}
		if count == 1 {
			for i, e := range w.log.Events() {
				t.Log(i, e)
			}
		}
		news := false // only the first seed that breaks a rule is reported
		for _, rule := range report.Broken() {
			news = news || !broken[rule]
			broken[rule] = true
		}
		if news {
			t.Errorf("seed %d breaks the promise; to repeat it: INTERCESSOR_SEED=%d go test -v -run %s ./e2e/prove/linkproof\n%v", seed, seed, t.Name(), report)
		}
	}
	if t.Failed() {
		return
	}
	t.Logf("%d seeds in %v: %v", count, time.Since(begin).Round(time.Millisecond), table(sums))
	if count > 1 {
		for _, kind := range []history.Kind{history.Delivered, history.Refused, history.Unknown, history.Fault, history.Stop, history.Paused, more} {
			require.Greater(t, sums[kind], int(count)/10, "the scenarios have too few events of the kind %q to prove anything", kind)
		}
	}
}

func table(sums map[history.Kind]int) string {
	var b strings.Builder
	for _, kind := range []history.Kind{history.Send, history.Delivered, history.Refused, history.Unknown, history.Receive, history.Wire, history.Fault, history.Stop, history.Away, history.Back, history.Path, history.Gone, history.Wrote, history.ReadTo, history.EOF, history.Sent} {
		fmt.Fprintf(&b, " %s=%d", kind, sums[kind])
	}
	return strings.TrimSpace(b.String())
}

// scenario runs three minutes with faults, a time without faults, and the end.
func scenario(seed uint64, direct, flows bool) *world {
	w := newWorld(seed, 1+int(seed%3), direct, flows)
	for _, p := range w.pairs {
		p.connect(false)
		p.ends[client].pathUp()
		p.ends[server].pathUp()
	}
	w.measure("before")
	for end := w.now + 180*link.Second; w.now < end; {
		w.step()
		pause := w.between(link.Millisecond, 2*link.Second)
		if w.IntN(3) == 0 {
			pause = 1
		}
		w.run(w.now + pause)
	}
	w.run(w.now + 400*link.Second) // longer than any timeout
	for _, p := range w.pairs {    // the end: one side closes while messages are under way
		if p.over {
			continue
		}
		for range w.IntN(5) {
			p.ends[w.IntN(2)].send(1 + w.IntN(2000))
			w.run(w.now + w.between(1, 30*link.Millisecond))
		}
		p.ends[w.IntN(2)].close()
	}
	w.run(w.now + 120*link.Second)
	for _, p := range w.pairs {
		for _, e := range p.ends {
			e.close()
		}
	}
	w.run(w.now + 120*link.Second)
	w.measure("after")
	return w
}

// measure logs how much of their budgets the links use.
func (w *world) measure(when string) {
	held := 0
	for _, p := range w.pairs {
		for _, e := range p.ends {
			out, in := e.budget.Held()
			held += out + in
		}
	}
	w.log.Add(history.Event{Kind: history.Measure, Name: "bytes held", Value: float64(held), Reason: when})
}

// step does one random thing.
func (w *world) step() {
	p := w.pairs[w.IntN(len(w.pairs))]
	if w.direct && w.IntN(5) == 0 {
		p.trouble()
		return
	}
	e := p.ends[w.IntN(2)]
	if w.flows && w.IntN(2) == 0 {
		e.useStreams()
		return
	}
	switch n := w.IntN(1000); {
	case n < 700:
		e.send(w.IntN(600))
	case n < 720:
		e.send(w.IntN(120_000))
	case n < 790:
		size := 10
		if w.IntN(3) == 0 {
			size = 3000
		}
		for range 30 {
			e.send(size)
		}
	case n < 850:
		p.cutFor(w.between(link.Millisecond, 20*link.Second))
	case n < 863:
		p.cutFor(w.between(50*link.Second, 100*link.Second))
	case n < 890:
		p.change()
	case n < 950:
		p.loseOne()
	case n < 970:
		p.stall()
	case n < 985:
		e.pause()
	case n < 990:
		p.restart()
	case n < 993:
		w.restartServer()
	case n < 996:
		if w.IntN(2) == 0 { // its last frames may be lost
			p.cutFor(w.between(link.Millisecond, 20*link.Second))
		}
		e.close()
	}
}
