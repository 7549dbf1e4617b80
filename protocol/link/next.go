package link

import "github.com/sebas642/intercessor/protocol"

// Next returns the next frame for a path, or false if there is none now. Call it for each
// path after each other call of the link, until it returns false or the path is full. A
// frame that it returned counts as given to the path.
func (l *Link) Next(now Time, p Path) (f Frame, ok bool) {
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
		l.acks(now, h, true)
		return f, true
	case l.knockDue && p == Relay:
		l.knockDue = false
		f.Type = protocol.TypeLinkAck
		l.acks(now, h, true)
		return f, true
	case p != l.current:
		return Frame{}, false
	case l.askDue && l.phase == open:
		l.askDue = false
		f.Type = protocol.TypeLinkAck
		l.ask(now, h)
		l.acks(now, h, true)
		return f, true
	}
	if l.phase == open {
		for s := range l.out { // signalling first (L3)
			if l.nextFrame(now, p, s, &f) {
				l.acks(now, h, false)
				return f, true
			}
		}
	}
	if l.ackDue {
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
		if o.prepare(now) && o.ready.whole && l.nextFrame(now, Relay, s, &f) {
			return f, true
		}
	}
	return Frame{}, false
}

// nextFrame makes f the next frame of a sequence that may be sent now on the current path.
func (l *Link) nextFrame(now Time, p Path, s int, f *Frame) bool {
	o := &l.out[s]
	if l.held(o) || s == Data && p == Relay && l.policy == DirectOnly {
		return false
	}
	again := o.next <= o.made
	var piece outFrame
	if again {
		piece = *o.frames.at(int(o.next - o.r - 1))
	} else if !o.prepare(now) {
		return false
	} else {
		piece = o.ready
	}
	// Signalling counts, but does not wait. One frame may always be under way (L6).
	under := l.out[Signalling].flight + l.out[Data].flight
	if s == Data && o.flight > 0 && under+int(piece.cost) > l.config.InFlight[p] {
		return false
	}
	if !again {
		if o.made == o.r {
			o.since = now // nothing was under way, so the clock starts
		}
		o.push()
	}
	o.next++
	o.flight += int(piece.cost)
	m := o.message(piece.message)
	f.Type = m.typ
	f.Header.N[s] = o.next - 1
	if m.about != nil && l.version != 1 {
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
	return true
}
