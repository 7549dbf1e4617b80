package link

// What one LINK_ACK covers at most (L12).
const (
	ackEvery = 8 // frames, or messages taken
	ackShare = 4 // the fourth part of the window: a sender of large frames does not wait
)

// pollAfter is how often a link looks whether a budget that it shares, and that
// was full, has room again: nobody tells it.
const pollAfter = 250 * Millisecond

// acknowledge remembers that there is something to tell of a sequence: a frame of
// this cost was received, or, if 0, a message was taken.
func (l *Link) acknowledge(now Time, i *incoming, cost int) {
	if !l.in[Signalling].dirty && !l.in[Data].dirty {
		l.ackSince = now
	}
	i.dirty = true
	if cost > 0 {
		l.received++
		l.receivedCost += cost
	} else {
		l.taken++
	}
	if l.received >= ackEvery || l.taken >= ackEvery || l.receivedCost >= i.window/ackShare {
		l.ackDue = true
	}
}

// Flush makes what is to be acknowledged go with the next frames, or in one of its
// own: on js, at the end of each event (L12).
func (l *Link) Flush(now Time) {
	l.ackDue = l.ackDue || l.in[Signalling].dirty || l.in[Data].dirty
}

// acks writes the acknowledgements of the sequences that have new ones, or of both,
// into h, and grants what there is to grant.
func (l *Link) acks(now Time, h *Header, both bool) {
	for s := range l.in {
		i := &l.in[s]
		if !both && !i.dirty {
			continue
		}
		l.regrant(now, s)
		h.R[s], h.T[s], h.G[s] = i.r, i.t, i.g
		i.dirty = false
	}
	if !l.in[Signalling].dirty && !l.in[Data].dirty {
		l.received, l.taken, l.receivedCost = 0, 0, 0
		l.ackDue = false
	}
}

// regrant raises the grant of a sequence as far as the window and the budget allow
// (L6). A full budget grants what the link can hold beside it. The parts of a message
// weigh on no grant: nothing else can come before they have.
func (l *Link) regrant(now Time, s int) {
	i := &l.in[s]
	window := i.window
	if s == Data && i.of == 0 {
		if free := minWindow + l.config.Budget.frames.free(); free < window {
			window = free
			l.poll(now)
		}
	}
	starved := !i.granted()
	i.g = max(i.g, i.freed+uint64(window))
	if starved && i.granted() {
		i.partAt = now + maxTimeout
	}
}

// poll sees to it that the budget is looked at again.
func (l *Link) poll(now Time) {
	if l.pollAt == 0 {
		l.pollAt = now + pollAfter
	}
}

// polled looks whether the budget has room again.
func (l *Link) polled(now Time) {
	l.pollAt = 0
	if o := &l.out[Data]; o.waiting {
		if l.config.Budget.out.free() > 0 {
			l.room(Data)
		} else {
			l.poll(now)
		}
	}
	for s := range l.in {
		if i := &l.in[s]; i.place != 0 && !l.claimShared(now, i) {
			l.poll(now)
		}
	}
	i := &l.in[Data]
	before := i.g
	l.regrant(now, Data)
	if i.g > before {
		l.acknowledge(now, i, 0)
		l.ackDue = true
	}
}
