package history

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// Rules are the limits by which a history is judged. A zero field means the default.
type Rules struct {
	Window    time.Duration // how long the relay waits for an absent peer; 60 s
	GoneAfter time.Duration // how much later the observer gives it up by itself; 10 s
	Settle    time.Duration // C10: an outcome comes within it when all is well; 90 s
	Fence     time.Duration // C8: how long two connections of one ID may live on one node; 1 s
	Heal      time.Duration // C8: and on several, after a partition has healed; 5 s
	Skew      time.Duration // how much later than it happened an event may be stamped; 0
	Delay     time.Duration // by how much the news of an absence may be slower than the news of its end, and a packet late; 0
	Notice    time.Duration // C17: a direct path on which nothing passes is not told to be one for longer; 15 s
	Mend      time.Duration // C17: a path is direct again within it when all is well; 0: that is not judged

	// Need is the minimum number of events of a kind: a history that is too
	// thin proves nothing. A shortfall is reported as the rule "need".
	Need map[Kind]int
}

// A Violation is one way in which a history breaks a rule.
type Violation struct {
	Rule   string // C1 to C19
	Text   string // a sentence
	Events []int  // positions in the history, the one where it shows first
}

// worst limits the violations that are kept of each rule; all are counted.
const worst = 20

// A Report is the result of Check.
type Report struct {
	Violations []Violation    // at most 20 of each rule
	Count      map[string]int // how often each rule was broken
	Kinds      map[Kind]int   // how many events of each kind there were
	events     []Event
}

// Check judges a history, which must be sorted by its stamps.
func Check(events []Event, rules Rules) *Report {
	rules = rules.withDefaults()
	r := &Report{Count: map[string]int{}, Kinds: map[Kind]int{}, events: events}
	x := newIndex(events, rules, r)
	all := []rule{newContent(x), newTwice(x), newOrder(x), newMixed(x), newHeard(x), newOwner(x), newResent(x), newRestored(x), newStreams(x), newPaths(x), newFinal(x)}
	for i := range events {
		r.Kinds[events[i].Kind]++
		for _, rule := range all {
			rule.see(i, &events[i])
		}
	}
	for _, rule := range all {
		rule.end()
	}
	x.judgeOutcomes()
	for kind, n := range rules.Need {
		if r.Kinds[kind] < n {
			r.add("need", fmt.Sprintf("the history has %d events of the kind %q, and needs %d to prove anything", r.Kinds[kind], kind, n))
		}
	}
	sort.SliceStable(r.Violations, func(i, j int) bool { return r.Violations[i].first() < r.Violations[j].first() })
	return r
}

// A rule sees each event once, in order, and then the end.
type rule interface {
	see(position int, e *Event)
	end()
}

func (r Rules) withDefaults() Rules {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&r.Window, 60 * time.Second}, {&r.GoneAfter, 10 * time.Second}, {&r.Settle, 90 * time.Second},
		{&r.Fence, time.Second}, {&r.Heal, 5 * time.Second}, {&r.Notice, 15 * time.Second}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return r
}

func (r *Report) add(rule, text string, events ...int) {
	r.Count[rule]++
	if r.Count[rule] <= worst {
		r.Violations = append(r.Violations, Violation{rule, text, events})
	}
}

func (v Violation) first() int {
	if len(v.Events) == 0 {
		return -1
	}
	return v.Events[0]
}

// OK reports whether no rule was broken.
func (r *Report) OK() bool { return len(r.Violations) == 0 }

// Broken returns the broken rules, each once, in the order of their numbers.
func (r *Report) Broken() []string {
	names := make([]string, 0, len(r.Count))
	for name := range r.Count {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		if len(names[i]) != len(names[j]) {
			return len(names[i]) < len(names[j])
		}
		return names[i] < names[j]
	})
	return names
}

// String lists the violations with their events. Each begins with "broken C", so that a
// program that reads a test's output finds them.
func (r *Report) String() string {
	var b strings.Builder
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "broken %s: %s\n", v.Rule, v.Text)
		for _, i := range v.Events {
			fmt.Fprintf(&b, "    %6d  %v\n", i, r.events[i])
		}
	}
	for _, name := range r.Broken() {
		if n := r.Count[name]; n > worst {
			fmt.Fprintf(&b, "broken %s: %d times in all\n", name, n)
		}
	}
	return b.String()
}
