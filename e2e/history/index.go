package history

import (
	"math"
	"sort"
)

// never is a moment after every other.
const never = math.MaxInt64

// A span is from one moment to another; of what has not ended, to never.
type span struct{ from, to int64 }

// An app is the part of the history about one program instance, for rules that must look
// ahead or back.
type app struct {
	name, id  string
	base      bool
	start     int64
	stop      int64 // never, if it did not
	killed    bool
	lost      []span            // its own connection was not there
	paused    []span            // it did not take
	direct    map[string][]span // by the peer's ID: it sent on the direct path
	gone      map[string]int64  // by the peer's ID: when it heard first that the peer is gone
	resumed   []int64
	closes    map[string][]int64 // by the peer's ID: when it closed its side
	left      bool
	killSpent map[string]bool // senders whose one receive that a kill can hide is used up
}

// A sending is the number that a message carries, and its outcome.
type sending struct {
	from string
	seq  uint64
}

type sent struct {
	at       int // position of the send
	outcome  int // position, or -1
	outcomes int
	received int // position of the first receive, or -1
}

// An index is made in one pass before the rules run.
type index struct {
	events []Event
	rules  Rules
	report *Report
	apps   map[string]*app
	byID   map[string][]*app
	sends  map[sending]*sent
	order  []sending          // the sends as they came
	opened map[string]int64   // by Sender: when the connection was joined
	turns  map[string][]int64 // by Sender: when what it sends took another path
	calm   []span             // when all was well
	deaf   map[string][]span  // by ID: nothing passed on direct paths
}

func newIndex(events []Event, rules Rules, report *Report) *index {
	x := &index{events: events, rules: rules, report: report, apps: map[string]*app{}, byID: map[string][]*app{},
		sends: map[sending]*sent{}, opened: map[string]int64{}, turns: map[string][]int64{}, calm: []span{{math.MinInt64, never}}, deaf: map[string][]span{}}
	for i := range events {
		x.read(i, &events[i])
	}
	for i := range events { // last, because a receive may stand before its send, wrongly
		if e := &events[i]; e.Kind == Receive {
			if s := x.sends[sending{e.From, e.Seq}]; s != nil && s.received < 0 {
				s.received = i
			}
		}
	}
	return x
}

func (x *index) app(e *Event) *app {
	a := x.apps[e.App]
	if a == nil {
		a = &app{name: e.App, id: e.ID, start: e.At, stop: never, closes: map[string][]int64{}, gone: map[string]int64{}, killSpent: map[string]bool{}}
		x.apps[e.App] = a
		x.byID[e.ID] = append(x.byID[e.ID], a)
	}
	return a
}

func (x *index) read(i int, e *Event) {
	switch e.Kind {
	case Start:
		x.app(e).base = e.Protocol == "base"
	case Stop:
		a := x.app(e)
		a.stop, a.killed, a.left = e.At, e.Reason == "killed", e.Reason != "killed"
	case Send:
		key := sending{Sender(e.App, e.Conn), e.Seq}
		if x.sends[key] != nil {
			x.report.add("C4", "a number was sent twice, so nobody can say what became of each", i, x.sends[key].at)
			return
		}
		x.sends[key] = &sent{at: i, outcome: -1, received: -1}
		x.order = append(x.order, key)
	case Delivered, Refused, Unknown:
		s := x.sends[sending{Sender(e.App, e.Conn), e.Seq}]
		if s == nil {
			x.report.add("C4", "an outcome of what was never sent", i)
			return
		}
		if s.outcomes++; s.outcomes > 1 {
			x.report.add("C4", "a send has two outcomes", i, s.outcome, s.at)
			return
		}
		s.outcome = i
	case Joined:
		x.opened[Sender(e.App, e.Conn)] = e.At
	case Path:
		x.turn(e)
	case Gone:
		a := x.app(e)
		if a.gone[e.Peer] == 0 {
			a.gone[e.Peer] = e.At
		}
		x.shutDirect(e)
	case Close:
		a := x.app(e)
		a.closes[e.Peer] = append(a.closes[e.Peer], e.At)
		x.shutDirect(e)
	case Deaf, Hears:
		spans := x.deaf[e.ID]
		if e.Kind == Deaf {
			open(&spans, e.At)
		} else {
			shut(&spans, e.At)
		}
		x.deaf[e.ID] = spans
	case Lost:
		open(&x.app(e).lost, e.At)
	case Resumed:
		shut(&x.app(e).lost, e.At)
		x.app(e).resumed = append(x.app(e).resumed, e.At)
	case Paused:
		open(&x.app(e).paused, e.At)
	case Taking:
		shut(&x.app(e).paused, e.At)
	case Fault:
		shut(&x.calm, e.At)
	case Healed:
		open(&x.calm, e.At)
	}
}

// open begins a span, unless one has begun; shut ends it.
func open(spans *[]span, at int64) {
	if n := len(*spans); n == 0 || (*spans)[n-1].to != never {
		*spans = append(*spans, span{at, never})
	}
}

func shut(spans *[]span, at int64) {
	if n := len(*spans); n > 0 && (*spans)[n-1].to == never {
		(*spans)[n-1].to = at
	}
}

// longest is the length, up to the second moment, of the longest span that lies between
// two moments at least in part.
func longest(spans []span, from, to int64) (length int64) {
	first := sort.Search(len(spans), func(i int) bool { return spans[i].to >= from })
	for _, s := range spans[first:] {
		if s.from > to {
			break
		}
		length = max(length, min(s.to, to)-s.from)
	}
	return length
}

// overlapping is the longest part of a span that lies between two moments.
func overlapping(spans []span, from, to int64) (length int64) {
	first := sort.Search(len(spans), func(i int) bool { return spans[i].to >= from })
	for _, s := range spans[first:] {
		if s.from > to {
			break
		}
		length = max(length, min(s.to, to)-max(s.from, from))
	}
	return length
}

// touches says whether a span lies, in part, between two moments.
func touches(spans []span, from, to int64) bool {
	first := sort.Search(len(spans), func(i int) bool { return spans[i].to >= from })
	return first < len(spans) && spans[first].from <= to
}

// within says whether one of the moments, which are in order, lies between two.
func within(moments []int64, from, to int64) bool {
	i := sort.Search(len(moments), func(i int) bool { return moments[i] >= from })
	return i < len(moments) && moments[i] <= to
}
