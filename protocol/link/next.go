package link

import "github.com/sebas642/intercessor/protocol"

// Kinds is a set of kinds of frames, in the order in which those of several links go out (W9).
type Kinds uint8

const (
	Urgent       Kinds = 1 << iota // all but the following; also early frames
	Messages                       // frames of sequence Data
	StreamFrames                   // frames of sequence Streams
	AllKinds     = Urgent | Messages | StreamFrames
)

func (k Kinds) has(sequence int) bool {
	return sequence == Data && k&Messages != 0 || sequence == Streams && k&StreamFrames != 0
}

// Next returns the next frame for a path, or false if there is none now. Call it for each
// path after each other call of the link, until it returns false or the path is full. A
// frame that it returned counts as given to the path.
func (l *Link) Next(now Time, p Path) (f Frame, ok bool) { return l.NextOf(now, p, AllKinds) }

// NextOf is Next for some kinds of frames. An urgent frame goes ahead of the others, whether it
// is asked for or not.
func (l *Link) NextOf(now Time, p Path, of Kinds) (f Frame, ok bool) {
	if !l.up[p] || l.phase == dead {
		return Frame{}, false
	}
	h := &f.Header
	if l.phase == opening {
		if p != Relay {
			return Frame{}, false
		}
		if !l.openDue {
			return l.nextEarly(now)
		}
		l.openDue = false
		l.probe.at = now
		f.Type, h.Nonce = protocol.TypeLinkOpen, l.config.Nonce
		h.G = [2]uint64{l.in[Signalling].g, l.in[Data].g}
		h.Version, h.Policy = Version, l.config.Policy
		h.To, h.HasTo = l.config.To, l.config.Early
		return f, true
	}
	h.ID = l.id
	switch {
	case l.endDue[p]:
		l.endDue[p] = false
		l.ending.at = now
		f.Type = protocol.TypeLinkEnd
		h.End, h.HasEnd, h.Why = l.ending.mine, true, l.ending.why
		h.R[Data], h.T[Data] = l.in[Data].r, l.in[Data].t
		return f, true
	case l.answerDue[p], l.endedDue[p]:
		f.Type = protocol.TypeLinkAck
		if l.answerDue[p] {
			h.Ans = l.probe.heard // once, and in a message that does not ask (L8)
		}
		h.Ended = l.ending.there
		l.answerDue[p], l.endedDue[p] = false, false
		l.report(now, p, h)
		return f, true
	case l.knockDue && p == Relay:
		l.knockDue = false
		f.Type = protocol.TypeLinkAck
		l.report(now, p, h)
		return f, true
	case p == l.current && l.askDue && l.phase == open:
		l.askDue = false
		f.Type = protocol.TypeLinkAck
		l.ask(now, h)
		l.report(now, p, h)
		return f, true
	}
	back := p == l.back()
	ackDue := back && l.ackDue
	bare := p == Direct && l.streams.hasNext() // a binary message has no header, and so acknowledges nothing (F1)
	if p == l.current && l.phase == open && !(bare && ackDue) {
		if s, ok := l.nextSequence(now, p, of); ok {
			l.give(now, s, &f)
			if back && (p != Direct || !f.body) {
				l.acks(now, h, false)
			}
			return f, true
		}
	}
	if ackDue {
		f.Type = protocol.TypeLinkAck
		h.Ended = l.ending.there
		l.acks(now, h, false)
		return f, true
	}
	return Frame{}, false
}

// nextEarly returns the next frame that goes out before the link is open, under the nonce
// (L14). Parts do not: their message would not be whole.
func (l *Link) nextEarly(now Time) (f Frame, ok bool) {
	if !l.config.Early || l.quiet || l.config.Policy == DirectOnly {
		return Frame{}, false
	}
	f.Header.ID = l.config.Nonce
	for s := range l.out {
		o := &l.out[s]
		o.g = maxEarly
		if o.prepare(now) && o.ready.whole && l.look(now, Relay, s) == ready {
			l.give(now, s, &f)
			return f, true
		}
	}
	return Frame{}, false
}

// Waiting returns which kinds of frames NextOf has for a path.
func (l *Link) Waiting(now Time, p Path) (of Kinds) {
	switch {
	case !l.up[p] || l.phase == dead:
		return 0
	case l.phase == opening, l.endDue[p], l.answerDue[p], l.endedDue[p], l.knockDue && p == Relay:
		of = Urgent
	case p == l.current && l.askDue, p == l.back() && l.ackDue:
		of = Urgent
	}
	if p != l.current || l.phase != open {
		return of
	}
	for _, kind := range [...]Kinds{Messages, StreamFrames} {
		if s, ok := l.nextSequence(now, p, kind); ok && s == Signalling {
			of |= Urgent
		} else if ok {
			of |= kind
		}
	}
	return of
}

// nextSequence returns which sequence sends next on the current path. Signalling goes first
// (L3); messages and streams take turns (S4).
func (l *Link) nextSequence(now Time, p Path, of Kinds) (s int, ok bool) {
	if l.look(now, p, Signalling) == ready {
		return Signalling, true
	}
	first, second := l.turn, Data+Streams-l.turn
	switch l.look(now, p, first) {
	case ready:
		if of.has(first) {
			return first, true
		}
	case crowded:
		if l.sendings()[second].flight > 0 {
			return 0, false // what is next has its turn first
		}
	}
	return second, of.has(second) && l.look(now, p, second) == ready
}

// readiness is whether a frame of a sequence can be sent.
type readiness uint8

const (
	nothing readiness = iota // there is none, or it may not be sent
	crowded                  // enough is in flight
	ready
)

// look returns whether the next frame of a sequence may be sent now on the current path.
func (l *Link) look(now Time, p Path, s int) readiness {
	o := l.sendings()[s]
	if l.held(o) || l.barred(s, p) {
		return nothing
	}
	cost, ok := l.ready(now, s)
	switch {
	case !ok:
		return nothing
	// Signalling counts, but does not wait. One frame of each may always be under way (L6).
	case s != Signalling && o.flight > 0 && l.flight()+cost > l.config.InFlight[p]:
		return crowded
	}
	return ready
}

// give makes f the next frame of a sequence.
func (l *Link) give(now Time, s int, f *Frame) {
	o := l.sendings()[s]
	if o.next > o.made {
		if o.made == o.r {
			o.since = now // nothing was under way, so the clock starts
		}
		if s == Streams {
			l.streams.cut()
		} else {
			l.out[s].push()
		}
	}
	o.next++
	f.Header.N[s] = o.next - 1
	if s == Streams {
		frame := l.streams.frames.at(int(o.next - o.r - 2))
		f.Type, f.data, f.body = protocol.TypeLinkStream, frame.body, true
		o.flight += frame.cost()
	} else {
		o.flight += l.out[s].fill(f, l.version)
	}
	if s == l.turn {
		l.turn = Data + Streams - s
	}
}

// ready returns the cost of the next frame of a sequence. ok is false if there is none, or
// nothing is granted.
func (l *Link) ready(now Time, s int) (cost int, ok bool) {
	if s == Streams {
		return l.streams.ready()
	}
	o := &l.out[s]
	if o.next <= o.made {
		return int(o.frames.at(int(o.next - o.r - 1)).cost), true
	}
	ok = o.prepare(now)
	return int(o.ready.cost), ok
}

// flight returns the cost of all that is under way.
func (l *Link) flight() (cost int) {
	for _, o := range l.sendings() {
		cost += o.flight
	}
	return cost
}

// fill makes f the frame that was given to a path last, and returns its cost.
func (o *outgoing) fill(f *Frame, version uint64) (cost int) {
	piece := o.frames.at(int(o.next - o.r - 2))
	m := o.message(piece.message)
	f.Type = m.typ
	if m.about != nil && version != 1 {
		f.Header.About = *m.about
	}
	f.data, f.part = m.data[piece.from:piece.to], !piece.whole
	switch {
	case piece.whole:
	case piece.from == 0:
		f.Header.Of = uint64(m.of)
	default:
		f.Header.At = uint64(piece.from)
	}
	return int(piece.cost)
}
