package link

import (
	"fmt"

	"github.com/sebas642/intercessor/protocol"
)

// world is everything: two links, what is under way between them, and what their
// applications know.
type world struct {
	now   Time
	links [2]*Link
	up    [2]bool      // who is at the relay
	stuck bool         // nothing passes on the direct path
	ways  [2][2][]wire // ways[x][p] goes from x to the other
	late  []late

	sent     [2]int
	took     [2]int
	outcomes [2][4]OutcomeKind
	ended    [2]How
	closed   [2]bool
	flows    [2]flow // flows[x] is the stream that x opens
	left     bounds
}

// wire is a message under way: what of its header is not the same in all.
type wire struct {
	typ        string
	data       byte
	n, r, t, g uint16
	n2, r2     uint16
	body       string // of a stream's frame
	g0         uint32
	ask, ans   uint32
	end        uint8
	hasEnd     bool
	ended      bool
}

func (m *wire) header() Header {
	return Header{
		ID: NewID(1), N: [3]uint64{0, uint64(m.n), uint64(m.n2)}, R: [3]uint64{0, uint64(m.r), uint64(m.r2)}, T: [2]uint64{0, uint64(m.t)},
		G: [2]uint64{uint64(m.g0), uint64(m.g)}, Ask: uint64(m.ask), Ans: uint64(m.ans),
		End: uint64(m.end), HasEnd: m.hasEnd, Ended: m.ended,
	}
}

type late struct {
	wire
	to   int
	path Path
}

func newWorld(b bounds) *world {
	w := &world{left: b, up: [2]bool{true, true}}
	budget := NewBudget(1 << 60)
	for x := range w.links {
		l := newServer(Config{Budget: budget}, offer{id: NewID(1), g: [2]uint64{0, w.cost() * uint64(b.window)}})
		l.in[Data].window = b.window * int(w.cost()) // smaller than New allows
		l.in[Data].g = uint64(l.in[Data].window)
		l.out[Data].messages.items = make([]outMessage, 4) // small, to be cloned often
		l.out[Data].frames.items = make([]outFrame, 2)
		l.in[Data].inbox.items = make([]inMessage, 2)
		if b.streams != [2]int{} {
			l.version = Version
		}
		if x == 0 {
			l.streams.nextMine, l.streams.nextTheirs = 2, 3
		}
		w.links[x] = l
	}
	for x := range w.links {
		w.links[x].up[Relay] = true
		if b.direct {
			w.links[x].up[Direct], w.links[x].current = true, Direct
		}
		for b.hasty && w.sent[x] < b.messages[x] {
			w.send(x)
		}
		for more := b.hasty; more; {
			more, _ = w.write(x)
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
	for _, p := range []Path{Relay, Direct} {
		if s := w.pumpPath(x, p); s != "" {
			wrong = s
		}
	}
	if s := w.hear(x); s != "" {
		wrong = s
	}
	return wrong
}

func (w *world) pumpPath(x int, p Path) string {
	l := w.links[x]
	for f, ok := l.Next(w.now, p); ok; f, ok = l.Next(w.now, p) {
		h := &f.Header
		m := wire{
			typ: f.Type, n: uint16(h.N[Data]), r: uint16(h.R[Data]), t: uint16(h.T[Data]), g: uint16(h.G[Data]),
			g0: uint32(h.G[Signalling]), ask: uint32(h.Ask), ans: uint32(h.Ans), end: uint8(h.End), hasEnd: h.HasEnd, ended: h.Ended,
			n2: uint16(h.N[Streams]), r2: uint16(h.R[Streams]),
		}
		if m.header() != f.Header {
			return fmt.Sprintf("a header that the model does not know: %+v", f.Header)
		}
		if f.body {
			m.body = string(f.data)
		} else if f.data != nil {
			m.data = f.data[0]
		}
		if p == Direct || w.up[1-x] {
			w.ways[x][p] = append(w.ways[x][p], m)
		}
	}
	return ""
}

// hear checks what a link tells.
func (w *world) hear(x int) (wrong string) {
	l := w.links[x]
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
	if s := w.hearFlow(x); s != "" {
		wrong = s
	}
	l.probe.trips = [2]trip{{backoff: l.probe.trips[0].backoff}, {backoff: l.probe.trips[1].backoff}} // a path of which nothing is known: else no state comes twice
	return wrong
}

func (w *world) receive(x int, p Path, m wire) string {
	var data []byte
	if m.data != 0 {
		data = digits[m.data-'0' : m.data-'0'+1]
	}
	h := m.header()
	if m.n2 != 0 {
		data = appendBody(nil, []byte(m.body))
	}
	w.links[x].Receive(w.now, p, []byte(m.typ), data, &h)
	wrong := w.pump(x)
	for more := w.left.eager; more; {
		var s string
		if more, s = w.read(x); s != "" {
			wrong = s
		}
	}
	return wrong
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

// lose drops what is under way on a path.
func (w *world) lose(p Path) { w.ways[0][p], w.ways[1][p] = nil, nil }

// comeBack is a peer's resume: the other hears of it, if it is there.
func (w *world) comeBack(x int) string {
	w.up[x] = true
	w.links[x].PathUp(w.now, Relay)
	wrong := w.pump(x)
	if w.up[1-x] { // the other hears that this side is back (P6)
		w.links[1-x].PathUp(w.now, Relay)
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
