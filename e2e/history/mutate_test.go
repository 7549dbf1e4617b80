package history_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

// A mutation makes a right history wrong at one event, so that it breaks the rule.
type mutation struct {
	rule, name string
	kind       history.Kind
	// may says whether the event will do; nil is always.
	may func(events []history.Event, i int) bool
	// change gives the history with the event changed.
	change func(events []history.Event, i int) []history.Event
}

func edit(f func(e *history.Event)) func([]history.Event, int) []history.Event {
	return func(events []history.Event, i int) []history.Event {
		f(&events[i])
		return events
	}
}

func drop(events []history.Event, i int) []history.Event { return slices.Delete(events, i, i+1) }

func again(events []history.Event, i int) []history.Event {
	return slices.Insert(events, i+1, events[i])
}

// late moves an event to the end of the history, after an hour in which all is well.
func late(events []history.Event, i int) []history.Event {
	e := events[i]
	e.At = events[len(events)-1].At + int64(time.Hour)
	return append(slices.Delete(events, i, i+1), e)
}

// nextReceive finds the receive that follows in the same stream, or -1.
func nextReceive(events []history.Event, i int) int {
	for j := i + 1; j < len(events); j++ {
		if events[j].Kind == history.Receive && events[j].App == events[i].App && events[j].From == events[i].From {
			return j
		}
	}
	return -1
}

// lives says that neither end of an event's pair was ever stopped or closed.
func lives(events []history.Event, i int) bool {
	peer := ""
	for _, e := range events {
		if e.Kind == history.Send && e.App == events[i].App && e.Conn == events[i].Conn {
			peer = e.Peer
		}
	}
	return !slices.ContainsFunc(events, func(e history.Event) bool {
		return e.Kind == history.Stop && (e.ID == events[i].ID || e.ID == peer || e.ID == events[i].Peer)
	})
}

var mutations = []mutation{
	{"C1", "other bytes", history.Receive, nil, edit(func(e *history.Event) { e.Hash = "made up" })},
	{"C1", "another type", history.Receive, nil, edit(func(e *history.Event) { e.Type = "made up" })},
	{"C1", "another sender", history.Receive, nil, edit(func(e *history.Event) { e.Peer = "nobody" })},
	{"C1", "a number that was never sent", history.Receive, nil, edit(func(e *history.Event) { e.Seq = 1 << 40 })},
	{"C2", "a receive twice", history.Receive, nil, again},
	{"C3", "two receives swapped", history.Receive,
		func(events []history.Event, i int) bool { return nextReceive(events, i) > 0 },
		func(events []history.Event, i int) []history.Event {
			j := nextReceive(events, i)
			events[i], events[j] = events[j], events[i]
			events[i].At, events[j].At = events[j].At, events[i].At
			return events
		}},
	{"C3", "a receive dropped before another", history.Receive,
		func(events []history.Event, i int) bool { return nextReceive(events, i) > 0 }, drop},
	{"C4", "an outcome dropped", history.Delivered, lives, drop},
	{"C4", "an outcome twice", history.Delivered, nil, again},
	{"C4", "a send dropped", history.Send, lives, drop},
	{"C5", "a receive dropped", history.Receive, lives, drop},
	{"C5", "a receive after its outcome", history.Receive, lives, late},
	{"C6", "another room", history.Receive, nil, edit(func(e *history.Event) { e.Room = "X" })},
	{"C6", "another link", history.Receive, func(events []history.Event, i int) bool { return nextReceive(events, i) > 0 },
		edit(func(e *history.Event) { e.Link = "X" })},
	{"C7", "joined dropped", history.Joined, func(events []history.Event, i int) bool {
		return slices.ContainsFunc(events, func(e history.Event) bool {
			return e.Kind == history.Receive && e.App == events[i].App && e.Conn == events[i].Conn
		})
	}, drop},
	{"C7", "away twice", history.Away, nil, again},
	{"C7", "back twice", history.Back, nil, again},
	{"C7", "away dropped", history.Away, func(events []history.Event, i int) bool {
		return slices.ContainsFunc(events[i:], func(e history.Event) bool {
			return e.Kind == history.Back && e.Conn == events[i].Conn && e.App == events[i].App
		})
	}, drop},
	{"C7", "gone while there", history.Back, nil, edit(func(e *history.Event) { e.Kind, e.Reason = history.Gone, "timeout" })},
	{"C8", "an old connection is left", history.Down, func(events []history.Event, i int) bool { return events[i].Reason == "replaced" },
		func(events []history.Event, i int) []history.Event { return late(events, i) }},
	{"C8", "the new connection is replaced", history.Up, func(events []history.Event, i int) bool { return events[i].Order[0] > 1 },
		func(events []history.Event, i int) []history.Event {
			events[i+1].Name = events[i].Name
			return events
		}},
	{"C9", "refused and received", history.Delivered, nil, edit(func(e *history.Event) { e.Kind, e.Reason = history.Refused, "closed" })},
	{"C10", "an outcome an hour late", history.Delivered, nil, late},
	{"C11", "other bytes the second time", history.Wire, func(events []history.Event, i int) bool {
		return events[i-1].Kind == history.Wire && events[i-1].Seq == events[i].Seq && events[i-1].App == events[i].App
	}, edit(func(e *history.Event) { e.Hash = "encoded again" })},
	{"C12", "a goroutine more", history.Measure, nil, edit(func(e *history.Event) {
		if e.Value++; e.Reason == "before" {
			e.Value -= 2
		}
	})},
	{"C13", "unknown for no reason", history.Delivered, lives, edit(func(e *history.Event) { e.Kind, e.Reason = history.Unknown, "tired" })},
}

func TestRightHistoriesAreRight(t *testing.T) {
	received := 0
	for seed := range uint64(100) {
		report := history.Check(generate(seed, 1+int(seed%7), 600), history.Rules{})
		require.True(t, report.OK(), "seed %d:\n%v", seed, report)
		received += report.Kinds[history.Receive]
	}
	require.Greater(t, received, 5000)
}

// TestMutationsAreCaught breaks right histories at random places, each in a way that
// one rule is there for.
func TestMutationsAreCaught(t *testing.T) {
	tried := map[string]bool{}
	for n, m := range mutations {
		t.Run(m.rule+" "+m.name, func(t *testing.T) {
			done := 0
			for seed := uint64(0); seed < 400 && done < 30; seed++ {
				events := generate(seed, 1+int(seed%5), 150)
				random := rand.New(rand.NewPCG(seed, uint64(n)))
				var places []int
				for i, e := range events {
					if e.Kind == m.kind && (m.may == nil || m.may(events, i)) {
						places = append(places, i)
					}
				}
				if len(places) == 0 {
					continue
				}
				at := places[random.IntN(len(places))]
				was := events[at]
				report := history.Check(m.change(events, at), history.Rules{})
				require.Contains(t, report.Broken(), m.rule, "seed %d, %d: %v\n%v", seed, at, was, report)
				done++
			}
			require.GreaterOrEqual(t, done, 10, "too few places for this mutation")
		})
		tried[m.rule] = true
	}
	for n := 1; n <= 13; n++ {
		require.True(t, tried[fmt.Sprint("C", n)], "C%d has no mutation", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	events := generate(1, 500, 50_000)
	for b.Loop() {
		history.Check(events, history.Rules{})
	}
	b.ReportMetric(float64(len(events)), "events/op")
}
