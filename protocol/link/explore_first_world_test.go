package link

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// firstWorld is one client and the two programs of its server. Program k has the attempts
// that leave the remainder k when they are divided by 2.
type firstWorld struct {
	now     Time
	client  *Door
	servers [2]*Door
	drawn   [2]uint64
	serving int    // the program that the client's messages reach
	attempt uint64 // of its connection
	up, dn  []firstWire
	late    []firstWire
	older   int // how many of the older instance's messages have come

	sent, replied int
	owner         [4]int // which program has taken message k: 1 or 2
	took          [2]int // the last message that the current link of a program took
	answered      int    // the last reply that the client took
	outcomes      [4]OutcomeKind
	replies       [4]OutcomeKind
	ended         How
	restarted     bool // another program took the server's place, or the server gave up
	closed        bool
	left          firstBounds
}

type firstWire struct {
	typ  string
	data byte
	h    Header
}

const firstNonce, olderNonce = 7, 9

func newFirstWorld(b firstBounds) *firstWorld {
	w := &firstWorld{left: b}
	budget := NewBudget(1 << 60)
	w.client = NewDoor(Config{Client: true, Nonce: NewID(firstNonce), Early: true, Budget: budget})
	for k := range w.servers {
		w.servers[k] = NewDoor(Config{Budget: budget})
	}
	w.bind()
	w.client.link.PathUp(0, Relay)
	w.pumpClient()
	return w
}

// bind gives the doors their functions, which refer to this world.
func (w *firstWorld) bind() {
	for k, d := range w.servers {
		d.config.Draw = func() ID { w.drawn[k]++; return NewID(100*uint64(k+1) + w.drawn[k]) }
		d.config.Mine = func(attempt uint64) bool { return int(attempt%2) == k && !w.left.versions[k] }
	}
}

func (w *firstWorld) clone() *firstWorld {
	c := *w
	c.client = cloneDoor(w.client)
	for k, d := range w.servers {
		c.servers[k] = cloneDoor(d)
	}
	c.up, c.dn, c.late = slices.Clone(w.up), slices.Clone(w.dn), slices.Clone(w.late)
	c.bind()
	return &c
}

func cloneDoor(d *Door) *Door {
	c := *d
	if d.link != nil {
		l := *d.link
		l.effects = Effects{}
		for s := range l.out {
			l.out[s].messages = l.out[s].messages.clone()
			l.out[s].frames = l.out[s].frames.clone()
			l.in[s].inbox = l.in[s].inbox.clone()
		}
		c.link = &l
	}
	return &c
}

func wireOf(f *Frame) firstWire {
	m := firstWire{typ: f.Type, h: f.Header}
	if f.data != nil {
		m.data = f.data[0]
	}
	return m
}

func (w *firstWorld) nextWake() (at Time) {
	at = w.client.link.Wake()
	if l := w.servers[w.serving].link; l != nil {
		if t := l.Wake(); t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	return at
}

func (w *firstWorld) encode(b []byte) []byte {
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
	// Of the number of a probe it matters only how many came after it.
	client, server := w.client.link, w.servers[w.serving].link
	after := func(l *Link, ask uint64) uint64 {
		if l == nil || ask == 0 {
			return ask
		}
		return 1 + min(l.probe.asked-ask, 3)
	}
	wires := func(all []firstWire, from, to *Link) {
		u(uint64(len(all)))
		for _, m := range all {
			m.h.Ask, m.h.Ans = after(from, m.h.Ask), after(to, m.h.Ans)
			b = append(b, m.typ...)
			b = append(b, m.data)
			b = AppendHeader(b, &m.h)
		}
	}
	door := func(d *Door, other *Link) {
		for _, o := range append(d.offers[:], d.early) {
			b = append(append(b, o.id[13:]...), o.nonce[15])
			flags(o.early)
		}
		b = append(append(b, d.nonce[15]), d.past.link[13:]...)
		flags(d.resets && w.now-d.resetAt < Second)
		if d.resets {
			ago(d.resetAt)
		}
		l := d.link
		if l == nil {
			return
		}
		b = append(b, l.id[13:]...)
		o, i, p, e := &l.out[Data], &l.in[Data], &l.probe, &l.ending
		flags(l.unsure, l.quiet, l.openDue, l.askDue, l.answerDue[Relay], l.endDue[Relay], l.endedDue[Relay], l.ackDue, p.pending, o.starving,
			i.dirty, l.in[Signalling].dirty, e.here, e.known, e.there, o.ready.cost != 0, l.up[Relay])
		for _, n := range []uint64{uint64(l.phase), uint64(l.how), l.version, o.made, o.next, o.r, o.t, o.g, o.base, uint64(o.messages.len()), o.probed, i.r, i.t, i.g, i.freed,
			uint64(i.inbox.len()), after(other, p.heard), uint64(p.doubts), uint64(p.trips[Relay].backoff), e.mine, e.last, uint64(l.received), uint64(l.taken), uint64(l.receivedCost)} {
			u(n)
		}
		b = append(b, e.gaveUp...)
		if i.dirty || l.in[Signalling].dirty {
			ago(l.ackSince)
		}
		if o.messages.len() > 0 {
			ago(o.since)
		}
		if p.pending || l.phase == opening {
			ago(p.at)
		}
		if e.here && !e.known {
			ago(e.at)
		}
	}
	door(w.client, server)
	door(w.servers[0], client)
	door(w.servers[1], client)
	wires(w.up, client, server)
	wires(w.dn, server, client)
	wires(w.late, client, server)
	b = fmt.Appendf(b, "%d %d %d %d %v %v %d %v %v %d %v %v %v %d", w.serving, w.older, w.sent, w.replied, w.owner, w.took, w.answered, w.outcomes, w.replies, w.ended, w.restarted, w.closed, w.left, w.attempt)
	return b
}
