package history

import "fmt"

// restored checks C12: afterwards every measurement is back where it was before,
// within the slack of the later measurement.
type restored struct {
	*index
	before map[string]int
	after  map[string]int
}

func newRestored(x *index) rule { return &restored{x, map[string]int{}, map[string]int{}} }

func (r *restored) see(i int, e *Event) {
	if e.Kind != Measure {
		return
	}
	if e.Reason == "before" {
		if _, ok := r.before[e.Name]; !ok {
			r.before[e.Name] = i
		}
		return
	}
	r.after[e.Name] = i // the last counts: things may take a moment to end
}

func (r *restored) end() {
	for name, first := range r.before {
		last, ok := r.after[name]
		if !ok {
			r.report.add("C12", fmt.Sprintf("%q was measured before and not afterwards", name), first)
			continue
		}
		if e, before := &r.events[last], r.events[first].Value; e.Value > before+e.Slack {
			r.report.add("C12", fmt.Sprintf("%q is %g afterwards, and was %g before", name, e.Value, before), last, first)
		}
	}
}
