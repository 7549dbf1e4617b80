package history

import "slices"

// owner checks C8: within a node one live connection per ID, that of the highest order, and
// across nodes the same a while after a partition has healed.
type owner struct {
	*index
	live    map[string]map[string]int // by ID and name of the connection: position of its Up
	splits  int                       // partitions that have not healed
	healed  int64
	pending []overlap
	robbed  []robbed
}

// robbed is a connection that was replaced while no higher one was known. Two programs
// may log such a pair in the wrong order, within the skew.
type robbed struct {
	down, up int // positions
	at       int64
}

// An overlap is two connections of one ID that live; it must end in time.
type overlap struct {
	id, low, high string
	lowAt, highAt int
	across        bool
	begin         int64
	over          bool
}

func newOwner(x *index) rule { return &owner{index: x, live: map[string]map[string]int{}} }

func (o *owner) see(i int, e *Event) {
	o.expire(e.At)
	switch e.Kind {
	case Fault:
		if e.Name == "partition" {
			o.splits++
		}
	case Healed:
		if e.Name == "partition" && o.splits > 0 {
			if o.splits--; o.splits == 0 {
				o.healed = e.At
			}
		}
	case Up:
		o.up(i, e)
	case Down:
		o.down(i, e)
	}
}

func (o *owner) up(i int, e *Event) {
	live := o.live[e.ID]
	if live == nil {
		live = map[string]int{}
		o.live[e.ID] = live
	}
	for name, at := range live {
		other := &o.events[at]
		v := overlap{id: e.ID, low: name, high: e.Name, lowAt: at, highAt: i, across: other.Node != e.Node, begin: e.At}
		if slices.Compare(other.Order, e.Order) > 0 {
			v.low, v.high, v.lowAt, v.highAt = v.high, v.low, v.highAt, v.lowAt
		}
		o.pending = append(o.pending, v)
	}
	live[e.Name] = i
	o.robbed = slices.DeleteFunc(o.robbed, func(r robbed) bool {
		return o.events[r.up].ID == e.ID && slices.Compare(o.events[r.up].Order, e.Order) < 0
	})
}

func (o *owner) down(i int, e *Event) {
	live := o.live[e.ID]
	at, ok := live[e.Name]
	if !ok {
		return
	}
	delete(live, e.Name)
	higher := false // was there a connection to be replaced by?
	for n := range o.pending {
		p := &o.pending[n]
		if p.id == e.ID && (p.low == e.Name || p.high == e.Name) {
			p.over = true
			higher = higher || p.low == e.Name
		}
	}
	if e.Reason == "replaced" && !higher {
		o.robbed = append(o.robbed, robbed{i, at, e.At})
	}
	o.pending = slices.DeleteFunc(o.pending, func(p overlap) bool { return p.over })
}

// expire reports overlaps that lasted too long, and connections that no higher one replaced.
func (o *owner) expire(now int64) {
	o.robbed = slices.DeleteFunc(o.robbed, func(r robbed) bool {
		if now < r.at+int64(o.rules.Skew) {
			return false
		}
		o.report.add("C8", "the connection of the highest order was replaced", r.down, r.up)
		return true
	})
	o.pending = slices.DeleteFunc(o.pending, func(p overlap) bool {
		due := p.begin + int64(o.rules.Fence)
		if p.across {
			if o.splits > 0 {
				return false
			}
			due = max(p.begin, o.healed) + int64(o.rules.Heal)
		}
		if now <= due+int64(o.rules.Skew) {
			return false
		}
		o.report.add("C8", "two connections of one ID lived at the same time, for too long", p.lowAt, p.highAt)
		return true
	})
}

func (o *owner) end() {
	if n := len(o.events); n > 0 {
		o.expire(o.events[n-1].At + int64(o.rules.Skew))
	}
}
