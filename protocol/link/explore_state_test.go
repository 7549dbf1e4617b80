package link

import (
	"encoding/binary"
	"slices"
)

func (w *world) clone() *world {
	c := *w
	for x := range c.ways {
		for p := range c.ways[x] {
			c.ways[x][p] = slices.Clone(w.ways[x][p])
		}
	}
	c.late = slices.Clone(w.late)
	for x, l := range w.links {
		copied := *l
		copied.effects = Effects{}
		copied.out[Data].messages = copied.out[Data].messages.clone()
		copied.out[Data].frames = copied.out[Data].frames.clone()
		copied.in[Data].inbox = copied.in[Data].inbox.clone()
		c.links[x] = &copied
		if w.left.streams != [2]int{} {
			c.cloneStreams(x)
		}
	}
	return &c
}

func (q ring[T]) clone() ring[T] {
	q.items = slices.Clone(q.items)
	return q
}

// encode writes all of the state that decides about the future: times as they are
// from now on, the numbers of probes from the last one back.
func (w *world) encode(b []byte) []byte {
	u := func(n uint64) { b = binary.AppendUvarint(b, n) }
	flags := func(bits ...bool) {
		var n uint64
		for i, bit := range bits {
			if bit {
				n |= 1 << i
			}
		}
		u(n)
	}
	ago := func(t Time) { u(uint64(min(max(0, w.now-t), maxTimeout))) }
	// Of the numbers of probes only the order matters: how many of those that are
	// under way, or were heard last, are above this one.
	rank := func(x int, ask uint32) (n uint64) {
		if uint64(ask) < w.links[1-x].probe.heard {
			n++
		}
		for p := range w.ways[x] {
			for _, m := range w.ways[x][p] {
				if ask < m.ask {
					n++
				}
			}
		}
		for _, m := range w.late {
			if m.to == 1-x && ask < m.ask {
				n++
			}
		}
		return n
	}
	message := func(from int, m wire) {
		b = append(b, m.typ[len(m.typ)-1], m.data, byte(m.n), byte(m.r), byte(m.t), m.end)
		u(uint64(m.g))
		u(rank(from, m.ask))
		flags(m.ask != 0, m.ans != 0, uint64(m.ans) == w.links[1-from].probe.asked) // only the last answer counts
		flags(m.hasEnd, m.ended)
		if w.left.streams != [2]int{} {
			u(uint64(m.n2))
			u(uint64(m.r2))
			u(uint64(len(m.body)))
			b = append(b, m.body...)
		}
	}
	for x, l := range w.links {
		o, i, p, e := &l.out[Data], &l.in[Data], &l.probe, &l.ending
		flags(l.up[Relay], l.up[Direct], l.current == Direct, l.heard == Direct, l.knockDue, p.path == Direct, l.answerDue[Direct], l.endDue[Direct], l.endedDue[Direct])
		flags(w.up[x], l.openDue, l.askDue, l.answerDue[Relay], l.endDue[Relay], l.endedDue[Relay], l.ackDue, p.pending, o.starving, o.waiting, i.dirty,
			l.in[Signalling].dirty, e.here, e.known, e.there, o.ready.cost != 0, w.closed[x])
		u(uint64(l.phase))
		u(uint64(l.how))
		if i.dirty || l.in[Signalling].dirty {
			ago(l.ackSince)
			u(uint64(l.received))
			u(uint64(l.taken))
			u(uint64(l.receivedCost))
		}
		u(o.made)
		u(o.next)
		u(o.r)
		u(o.t)
		u(o.g)
		u(o.base)
		u(uint64(o.messages.len()))
		u(o.probed)
		if o.messages.len() > 0 {
			ago(o.since)
		}
		u(i.r)
		u(i.t)
		u(i.g)
		u(i.freed)
		u(uint64(i.inbox.len()))
		if p.pending {
			ago(p.at)
		}
		u(uint64(p.doubts))
		u(uint64(p.trips[Relay].backoff))
		u(uint64(p.trips[Direct].backoff))
		u(rank(1-x, uint32(p.heard)))
		flags(p.heard == w.links[1-x].probe.asked)
		if e.here && !e.known {
			ago(e.at)
		}
		u(e.mine)
		u(e.last)
		u(uint64(w.sent[x]))
		u(uint64(w.took[x]))
		for _, kind := range w.outcomes[x] {
			b = append(b, byte(kind))
		}
		b = append(b, byte(w.ended[x]))
		if w.left.streams != [2]int{} {
			b = w.encodeStreams(b, x)
		}
		for p := range w.ways[x] {
			u(uint64(len(w.ways[x][p])))
			for _, m := range w.ways[x][p] {
				message(x, m)
			}
		}
	}
	u(uint64(len(w.late)))
	for _, m := range w.late {
		u(uint64(m.to))
		message(1-m.to, m.wire)
	}
	flags(w.stuck, w.left.direct)
	u(uint64(w.left.breaks))
	u(uint64(w.left.cuts))
	u(uint64(w.left.restarts))
	u(uint64(w.left.lates))
	u(uint64(w.left.early))
	flags(w.left.closes[0], w.left.closes[1])
	return b
}
