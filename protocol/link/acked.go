package link

// acknowledged applies the acknowledgements of a header. It returns false if they ended
// the link. One that is lower than before is old and ignored (L11).
func (l *Link) acknowledged(now Time, h *Header) bool {
	st := &l.streams
	if r := h.R[Streams]; r > st.made {
		l.fail(WhyAck)
		return false
	} else if r > st.r {
		st.freeUpTo(now, r)
		st.since = now
		l.probe.trips[l.current].backoff = 0
	}
	for s := range l.out {
		o := &l.out[s]
		r, t := h.R[s], h.T[s]
		if r > o.made || t > o.made || r != 0 && t > r {
			l.fail(WhyAck)
			return false
		}
		progress := false
		if r = max(r, t); r > o.r { // taken is received, whichever field comes first
			l.freeUpTo(o, r)
			o.since = now
			progress = true
		}
		if t > o.t {
			l.settleUpTo(o, t)
			progress = true
		}
		if h.G[s] > o.g {
			o.g = h.G[s]
			progress = true
		}
		if progress {
			if o.frames.len() == 0 { // otherwise the clock of what may be lost keeps running
				o.since = now
			}
			l.probe.trips[l.current].backoff = 0
			l.room(s)
		}
	}
	return true
}

// freeUpTo frees the copies of the frames up to r (L5).
func (l *Link) freeUpTo(o *outgoing, r uint64) {
	for o.r < r {
		f := o.frames.pop()
		o.r++
		if o.r < o.next {
			o.flight -= int(f.cost)
			l.countAcked(&o.sending, int(f.cost))
		}
		m := o.message(f.message)
		if m.of != 0 && m.token != nil {
			l.progress(Progress{m.token, int(f.to), m.of})
		}
		if f.final {
			l.free(o, m)
		} else { // so that the next message need not wait for all of a large one
			o.held -= int(f.to) - m.received
			m.received = int(f.to)
		}
	}
	o.next = max(o.next, r+1)
}

// countAcked counts the cost of a frame as acknowledged, if it was sent on the current path.
func (l *Link) countAcked(o *sending, cost int) {
	if !l.askDue && (!l.probe.pending || o.r > o.probed) {
		l.effects.Acked += cost
	}
}

// settleUpTo settles as delivered the messages whose last frame is not above t (L5).
func (l *Link) settleUpTo(o *outgoing, t uint64) {
	o.t = t
	for o.messages.len() > 0 {
		m := o.messages.at(0)
		if m.last == 0 || m.last > t {
			return
		}
		l.outcome(m, Delivered, 0)
		o.messages.pop()
		o.base++
	}
}

func (l *Link) progress(p Progress) {
	if n := len(l.effects.Progress); n > 0 && l.effects.Progress[n-1].Token == p.Token {
		l.effects.Progress[n-1] = p
		return
	}
	l.effects.Progress = append(l.effects.Progress, p)
}

// outcome adds the outcome of a message to the effects, if the message has a token.
func (l *Link) outcome(m *outMessage, kind OutcomeKind, how How) {
	if m.token != nil {
		l.effects.Outcomes = append(l.effects.Outcomes, Outcome{m.token, kind, how})
	}
}

// settleAll settles what is left of a sequence: messages that were never given to a path
// as refused, the rest as kind (L9).
func (l *Link) settleAll(o *outgoing, kind OutcomeKind, how How) {
	for o.messages.len() > 0 {
		m := o.messages.at(0)
		l.free(o, m)
		if m.begun {
			l.outcome(m, kind, how)
		} else {
			l.outcome(m, Refused, how)
		}
		o.messages.pop()
		o.base++
	}
	o.messages.clear()
	o.frames.clear()
	o.uncut, o.ready, o.starving = o.base, outFrame{}, false
	o.flight, o.next, o.r = 0, o.made+1, o.made
	if o.waiting {
		o.waiting = false
		l.effects.Room[l.sequenceOf(o)] = true // so that waiting senders see that the link has ended
	}
}

func (l *Link) sequenceOf(o *outgoing) int {
	if o == &l.out[Signalling] {
		return Signalling
	}
	return Data
}
