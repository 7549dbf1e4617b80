package link

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// These tests go through every order in which things can happen to two links,
// breadth first, and check the promise in every state that can be reached:
//
//   - a message is handed out once, in order, with its bytes;
//   - it is said to be delivered only after it was handed out, and to be refused
//     only if it never is;
//   - from every state, once nothing more breaks and both applications take,
//     every outcome is delivered (C13 of the design), and both links fall silent.
//
// What can happen: a message arrives, an application takes or sends one, a cut
// loses everything under way, the relay is killed and the peers come back one
// after the other, a frame of a connection that was given up arrives late, the
// next timer runs out, also while something is still under way.
//
//	go test -run TestEveryOrder ./protocol/link             # a part of it
//	LINK_FULL=1 go test -v -run TestEveryOrder ./protocol/link

// bounds says how often what may happen only so often happens.
type bounds struct {
	messages [2]int // that each side sends
	window   int    // in messages
	hasty    bool   // all sends come first, instead of at any time
	cuts     int
	restarts int
	lates    int // frames of an old connection that arrive later, or again
	early    int // timers that run out while something is under way
	closes   [2]bool
}

func TestEveryOrder(t *testing.T) {
	full := os.Getenv("LINK_FULL") != ""
	for _, c := range []struct {
		name  string
		short bool
		b     bounds
	}{
		{"two and one, a cut and a late frame", true, bounds{messages: [2]int{2, 1}, window: 2, hasty: true, cuts: 1, lates: 1}},
		{"one each, one closes", true, bounds{messages: [2]int{1, 1}, window: 2, cuts: 1, closes: [2]bool{true, false}}},
		{"three each, one cut", !raceEnabled, bounds{messages: [2]int{3, 3}, window: 2, hasty: true, cuts: 1}},
		{"a relay killed", true, bounds{messages: [2]int{2, 1}, window: 2, restarts: 1}},
		{"one way, a cut and an early timer", true, bounds{messages: [2]int{2, 0}, window: 2, cuts: 1, early: 1}},
		{"two each, a cut and a late frame", false, bounds{messages: [2]int{2, 2}, window: 2, hasty: true, cuts: 1, lates: 1}},
		{"one closes", false, bounds{messages: [2]int{2, 2}, window: 2, cuts: 1, closes: [2]bool{true, false}}},
		{"both close", false, bounds{messages: [2]int{2, 1}, window: 2, hasty: true, cuts: 1, closes: [2]bool{true, true}}},
		{"three each, two cuts", false, bounds{messages: [2]int{3, 3}, window: 2, hasty: true, cuts: 2}},
		{"two and one, two cuts, a relay killed", false, bounds{messages: [2]int{2, 1}, window: 2, hasty: true, cuts: 2, restarts: 1}},
		{"three one way, two cuts, a late frame", false, bounds{messages: [2]int{3, 0}, window: 2, hasty: true, cuts: 2, lates: 1}},
	} {
		if !c.short && !full {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			states, peak := explore(t, c.b)
			t.Logf("%d states, %d at most in one level, %v", states, peak, time.Since(start).Round(time.Millisecond))
		})
	}
}

// world is everything: two links, what is under way between them, and what their
// applications know.
type world struct {
	now   Time
	links [2]*Link
	up    [2]bool
	ways  [2][]wire // ways[x] goes from x to the other
	late  []late

	sent     [2]int
	took     [2]int
	outcomes [2][4]OutcomeKind
	ended    [2]How
	closed   [2]bool
	left     bounds
}

// wire is a message under way: what of its header is not the same in all.
type wire struct {
	typ        string
	data       byte
	n, r, t, g uint16
	g0         uint32
	ask, ans   uint32
	end        uint8
	hasEnd     bool
	ended      bool
}

func (m *wire) header() Header {
	return Header{
		ID: NewID(1), N: [2]uint64{0, uint64(m.n)}, R: [2]uint64{0, uint64(m.r)}, T: [2]uint64{0, uint64(m.t)},
		G: [2]uint64{uint64(m.g0), uint64(m.g)}, Ask: uint64(m.ask), Ans: uint64(m.ans),
		End: uint64(m.end), HasEnd: m.hasEnd, Ended: m.ended,
	}
}

type late struct {
	wire
	to int
}

func newWorld(b bounds) *world {
	w := &world{left: b, up: [2]bool{true, true}}
	budget := NewBudget(1 << 60)
	for x := range w.links {
		l := newServer(Config{Budget: budget}, NewID(1), [2]uint64{0, w.cost() * uint64(b.window)})
		l.in[Data].window = b.window * int(w.cost()) // smaller than New allows
		l.in[Data].g = uint64(l.in[Data].window)
		l.out[Data].messages.items = make([]outMessage, 4) // small, to be cloned often
		l.out[Data].frames.items = make([]outFrame, 2)
		l.in[Data].inbox.items = make([]inMessage, 2)
		w.links[x] = l
	}
	for x := range w.links {
		w.links[x].up = true
		for b.hasty && w.sent[x] < b.messages[x] {
			w.send(x)
		}
		w.pump(x)
	}
	return w
}

func (w *world) cost() uint64 { return protocol.FrameCost + 1 + 1 }

func (w *world) send(x int) {
	// Message k is the digit k, its token k: numbers begin at 1.
	w.sent[x]++
	_ = w.links[x].Send(w.now, "m", digits[w.sent[x]:w.sent[x]+1], w.sent[x])
}

var digits = []byte("0123456789")

// pump sends what a link has to say, and hears what it tells.
func (w *world) pump(x int) (wrong string) {
	l := w.links[x]
	for f, ok := l.Next(w.now); ok; f, ok = l.Next(w.now) {
		h := &f.Header
		m := wire{
			typ: f.Type, n: uint16(h.N[Data]), r: uint16(h.R[Data]), t: uint16(h.T[Data]), g: uint16(h.G[Data]),
			g0: uint32(h.G[Signalling]), ask: uint32(h.Ask), ans: uint32(h.Ans), end: uint8(h.End), hasEnd: h.HasEnd, ended: h.Ended,
		}
		if m.header() != f.Header {
			return fmt.Sprintf("a header that the model does not know: %+v", f.Header)
		}
		if f.data != nil {
			m.data = f.data[0]
		}
		if w.up[1-x] {
			w.ways[x] = append(w.ways[x], m)
		}
	}
	e := l.Effects()
	for _, o := range e.Outcomes {
		k := o.Token.(int)
		switch {
		case w.outcomes[x][k] != 0:
			wrong = fmt.Sprintf("message %d of %d has two outcomes", k, x)
		case o.Kind == Delivered && w.took[1-x] < k:
			wrong = fmt.Sprintf("message %d of %d is delivered and was not taken", k, x)
		case o.Kind == Refused && w.took[1-x] >= k:
			wrong = fmt.Sprintf("message %d of %d is refused and was taken", k, x)
		}
		w.outcomes[x][k] = o.Kind
	}
	if how := e.Ended.How; how != 0 {
		if how != ClosedHere && how != ClosedThere || w.left.closes == [2]bool{} && w.closed == [2]bool{} {
			wrong = fmt.Sprintf("the link of %d ended: %+v", x, e.Ended)
		}
		w.ended[x] = how
	}
	e.Reset()
	l.probe.smoothed, l.probe.variation = 0, 0 // a path of which nothing is known: else no state comes twice
	return wrong
}

func (w *world) receive(x int, m wire) string {
	var data []byte
	if m.data != 0 {
		data = digits[m.data-'0' : m.data-'0'+1]
	}
	h := m.header()
	w.links[x].Receive(w.now, []byte(m.typ), data, &h)
	return w.pump(x)
}

func (w *world) take(x int) string {
	m, ok := w.links[x].Take(w.now, Data)
	if !ok {
		return "nothing to take"
	}
	w.took[x]++
	if m.Data[0] != digits[w.took[x]] {
		return fmt.Sprintf("%d is handed %s, and %d was next", x, m.Data, w.took[x])
	}
	if w.outcomes[1-x][w.took[x]] == Refused {
		return fmt.Sprintf("%d is handed %s, which was refused", x, m.Data)
	}
	return w.pump(x)
}

// wake lets time go by until the next timer.
func (w *world) wake() string {
	at := w.nextWake()
	w.now = max(w.now, at)
	wrong := ""
	for x, l := range w.links {
		l.Tick(w.now)
		if s := w.pump(x); s != "" {
			wrong = s
		}
	}
	return wrong
}

func (w *world) nextWake() (at Time) {
	for _, l := range w.links {
		if t := l.Wake(); t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	return at
}

// lose drops what is under way.
func (w *world) lose() { w.ways = [2][]wire{} }

// comeBack is a peer's resume: the other hears of it, if it is there.
func (w *world) comeBack(x int) string {
	w.up[x] = true
	w.links[x].PathUp(w.now)
	wrong := w.pump(x)
	if w.up[1-x] {
		w.links[1-x].Doubt(w.now)
		if s := w.pump(1 - x); s != "" {
			wrong = s
		}
	}
	return wrong
}

func (w *world) close(x int) string {
	w.closed[x] = true
	w.left.closes[x] = false
	w.links[x].Close(w.now)
	return w.pump(x)
}

// The events, each for side 0 and side 1.
const (
	eventDeliver = iota * 2
	eventTake
	eventSend
	eventCut
	eventRestart
	eventBack
	eventLateLost
	eventLateAgain
	eventLateArrives
	eventWake
	eventClose
	eventCount
)

var eventNames = []string{"deliver from", "take at", "send at", "cut", "relay killed", "back", "cut, but the last under way stays late, from",
	"deliver, and again later, from", "late frame arrives", "time", "close at"}

// step lets one event happen, if it can.
func (w *world) step(event int) (can bool, wrong string) {
	x := event % 2
	whole := w.up == [2]bool{true, true}
	switch event &^ 1 {
	case eventDeliver:
		if len(w.ways[x]) == 0 {
			return false, ""
		}
		m := w.ways[x][0]
		w.ways[x] = w.ways[x][1:]
		return true, w.receive(1-x, m)
	case eventTake:
		if w.links[x].in[Data].inbox.len() == 0 {
			return false, ""
		}
		return true, w.take(x)
	case eventSend:
		if w.sent[x] == w.left.messages[x] || w.closed[x] {
			return false, ""
		}
		if w.links[x].ending.there || w.links[x].phase != open {
			return false, ""
		}
		w.send(x)
		return true, w.pump(x)
	case eventCut, eventLateLost:
		if w.left.cuts == 0 || !whole || event == eventCut+1 {
			return false, ""
		}
		if event&^1 == eventLateLost {
			if w.left.lates == 0 || len(w.ways[x]) == 0 {
				return false, ""
			}
			w.left.lates--
			w.late = append(w.late, late{w.ways[x][len(w.ways[x])-1], 1 - x})
		}
		w.left.cuts--
		w.lose()
		wrong = w.comeBack(0)
		if s := w.comeBack(1); s != "" {
			wrong = s
		}
		return true, wrong
	case eventRestart:
		if w.left.restarts == 0 || !whole || x == 1 {
			return false, ""
		}
		w.left.restarts--
		w.lose()
		w.up = [2]bool{}
		w.links[0].PathDown(w.now)
		w.links[1].PathDown(w.now)
		return true, ""
	case eventBack:
		if w.up[x] {
			return false, ""
		}
		return true, w.comeBack(x)
	case eventLateAgain:
		if w.left.lates == 0 || len(w.ways[x]) == 0 {
			return false, ""
		}
		w.left.lates--
		w.late = append(w.late, late{w.ways[x][0], 1 - x})
		return w.step(eventDeliver + x)
	case eventLateArrives:
		if x >= len(w.late) || !w.up[w.late[x].to] {
			return false, ""
		}
		m := w.late[x]
		w.late = slices.Delete(slices.Clone(w.late), x, x+1)
		return true, w.receive(m.to, m.wire)
	case eventWake:
		quiet := len(w.ways[0])+len(w.ways[1]) == 0
		if x == 1 || w.nextWake() == 0 || !quiet && w.left.early == 0 {
			return false, ""
		}
		if !quiet {
			w.left.early--
		}
		return true, w.wake()
	case eventClose:
		if !w.left.closes[x] {
			return false, ""
		}
		return true, w.close(x)
	}
	return false, ""
}

// calm lets nothing more break, and both applications take what comes. It stops
// where it comes to a state from which that is known to end well.
func (w *world) calm(well map[uint64]struct{}, hash func(*world) uint64) string {
	w.left = bounds{messages: w.left.messages}
	var way []uint64
	for range 500 {
		state := hash(w)
		if _, ok := well[state]; ok {
			break
		}
		way = append(way, state)
		moved, wrong := w.calmStep()
		if wrong != "" {
			return wrong
		}
		if !moved {
			if wrong := w.final(); wrong != "" {
				return wrong
			}
			break
		}
		if len(way) == 500 {
			return "the links do not fall silent"
		}
	}
	for _, state := range way {
		well[state] = struct{}{}
	}
	return ""
}

func (w *world) calmStep() (moved bool, wrong string) {
	for _, event := range []int{eventBack, eventDeliver, eventTake, eventSend, eventLateArrives} {
		for x := range w.links {
			if w.can(event + x) {
				if moved, wrong = w.step(event + x); moved {
					return true, wrong
				}
			}
		}
	}
	if w.nextWake() == 0 {
		return false, ""
	}
	return true, w.wake()
}

// final checks that every send has ended as it has to.
func (w *world) final() string {
	for x := range w.links {
		for k := 1; k <= w.sent[x]; k++ {
			kind := w.outcomes[x][k]
			switch {
			case kind == Delivered:
			case w.closed[1-x] && kind == Refused:
			default:
				return fmt.Sprintf("in the end message %d of %d has the outcome %d", k, x, kind)
			}
		}
		if w.links[x].probe.pending && w.links[x].phase == open {
			return "a probe has no answer"
		}
		if w.closed != [2]bool{} && (w.ended[x] == 0 || !w.links[x].Over()) {
			return fmt.Sprintf("the link of %d is not over", x)
		}
	}
	return ""
}

func explore(t *testing.T, b bounds) (states, peak int) {
	type origin struct {
		parent int32
		event  uint8
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // all that is made is thrown away
	seed := maphash.MakeSeed()
	seen := map[uint64]struct{}{}
	var origins []origin
	var buf []byte
	history := func(id int32) string {
		var events []string
		for ; id > 0; id = origins[id].parent {
			e := origins[id].event
			events = append(events, fmt.Sprintf("%s %d", eventNames[e/2], e%2))
		}
		slices.Reverse(events)
		return strings.Join(events, "\n")
	}

	type node struct {
		w  *world
		id int32
	}
	hashOf := func(w *world) uint64 {
		buf = w.encode(buf[:0])
		return maphash.Bytes(seed, buf)
	}
	well := map[uint64]struct{}{}
	add := func(level []node, w *world, parent int32, event int) []node {
		hash := hashOf(w)
		if _, ok := seen[hash]; ok {
			return level
		}
		seen[hash] = struct{}{}
		origins = append(origins, origin{parent, uint8(event)})
		return append(level, node{w, int32(len(origins) - 1)})
	}
	level := add(nil, newWorld(b), 0, 0)
	for len(level) > 0 {
		peak = max(peak, len(level))
		var next []node
		for i := range level {
			n := level[i]
			level[i].w = nil
			for event := range eventCount {
				if !n.w.can(event) {
					continue
				}
				w := n.w.clone()
				can, wrong := w.step(event)
				if wrong != "" {
					t.Fatalf("%s, after\n%s\n%s %d", wrong, history(n.id), eventNames[event/2], event%2)
				}
				if can {
					next = add(next, w, n.id, event)
				}
			}
			if wrong := n.w.calm(well, hashOf); wrong != "" { // n.w is not needed any more
				t.Fatalf("%s, when nothing more breaks after\n%s", wrong, history(n.id))
			}
		}
		level = next
		require.Less(t, len(origins), 5_000_000, "does a state hold something that only grows?")
	}
	return len(origins), peak
}

// can is a cheap first look at whether an event may be possible.
func (w *world) can(event int) bool {
	x := event % 2
	switch event &^ 1 {
	case eventDeliver:
		return len(w.ways[x]) > 0
	case eventTake:
		return w.links[x].in[Data].inbox.len() > 0
	case eventSend:
		return w.sent[x] < w.left.messages[x]
	case eventCut, eventLateLost:
		return w.left.cuts > 0
	case eventRestart:
		return w.left.restarts > 0
	case eventBack:
		return !w.up[x]
	case eventLateAgain:
		return w.left.lates > 0
	case eventLateArrives:
		return x < len(w.late)
	case eventClose:
		return w.left.closes[x]
	}
	return true
}

func (w *world) clone() *world {
	c := *w
	for x := range c.ways {
		c.ways[x] = slices.Clone(w.ways[x])
	}
	c.late = slices.Clone(w.late)
	for x, l := range w.links {
		copied := *l
		copied.effects = Effects{}
		copied.out[Data].messages = copied.out[Data].messages.clone()
		copied.out[Data].frames = copied.out[Data].frames.clone()
		copied.in[Data].inbox = copied.in[Data].inbox.clone()
		c.links[x] = &copied
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
		for _, m := range w.ways[x] {
			if ask < m.ask {
				n++
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
	}
	for x, l := range w.links {
		o, i, p, e := &l.out[Data], &l.in[Data], &l.probe, &l.ending
		flags(l.up, w.up[x], l.openDue, l.askDue, l.answerDue, l.endDue, l.endedDue, l.ackDue, p.pending, o.starving, o.waiting, i.dirty,
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
		u(uint64(p.backoff))
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
		u(uint64(len(w.ways[x])))
		for _, m := range w.ways[x] {
			message(x, m)
		}
	}
	u(uint64(len(w.late)))
	for _, m := range w.late {
		u(uint64(m.to))
		message(1-m.to, m.wire)
	}
	u(uint64(w.left.cuts))
	u(uint64(w.left.restarts))
	u(uint64(w.left.lates))
	u(uint64(w.left.early))
	flags(w.left.closes[0], w.left.closes[1])
	return b
}
