package link

// What one LINK_ACK covers at most (L12).
const (
	ackEvery = 8 // frames, or messages taken
	ackShare = 4 // a quarter of the window, so that a sender of large frames does not wait
)

// pollAfter is the interval at which a link checks whether a shared budget that was full
// has space again. A budget notifies no link.
const pollAfter = 250 * Millisecond

// acknowledge records that a sequence has something to acknowledge: a frame of this cost
// was received, or, if cost is 0, a message was taken.
func (l *Link) acknowledge(now Time, i *receiving, cost int) {
	if !l.dirty() {
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

// dirty reports whether there is something to acknowledge.
func (l *Link) dirty() bool {
	return l.in[Signalling].dirty || l.in[Data].dirty || l.streams.in.dirty
}

// Flush sends pending acknowledgements with the next frames, or in a LINK_ACK. On js call
// it at the end of each event (L12).
func (l *Link) Flush(now Time) {
	l.ackDue = l.ackDue || l.dirty()
}

// acks writes new acknowledgements and grants into h: of the sequences that have any, or
// of both.
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
	if st := &l.streams; both && l.version != 1 || st.in.dirty {
		h.R[Streams], st.in.dirty = st.in.r, false
	}
	if !l.dirty() {
		l.received, l.taken, l.receivedCost = 0, 0, 0
		l.ackDue = false
	}
}

// report writes all acknowledgements and grants into h, for a frame on a path. If that is not the
// one on which they belong, what is new goes there as well (W2).
func (l *Link) report(now Time, p Path, h *Header) {
	due, streams := l.ackDue, l.streams.in.dirty
	var dirty [2]bool
	var g [2]uint64
	for s := range l.in {
		dirty[s], g[s] = l.in[s].dirty, l.in[s].g
	}
	l.acks(now, h, true)
	if p == l.back() {
		return
	}
	l.ackDue, l.streams.in.dirty = due, streams
	for s := range l.in {
		l.in[s].dirty = dirty[s] || l.in[s].g != g[s]
	}
}

// regrant raises the grant of a sequence as far as the window and the budget allow
// (L6). A full budget grants what the link can hold in addition to it. Parts of an
// unfinished message do not reduce the grant: nothing else can come before its end.
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

// poll schedules another check of the budget.
func (l *Link) poll(now Time) {
	if l.pollAt == 0 {
		l.pollAt = now + pollAfter
	}
}

// polled checks whether the budget has space again.
func (l *Link) polled(now Time) {
	l.pollAt = 0
	if o := &l.out[Data]; o.waiting {
		if l.config.Budget.out.free() > 0 {
			l.room(Data)
		} else {
			l.poll(now)
		}
	}
	l.streams.polled()
	for s := range l.in {
		if i := &l.in[s]; i.place != 0 && !l.claimShared(now, i) {
			l.poll(now)
		}
	}
	i := &l.in[Data]
	before := i.g
	l.regrant(now, Data)
	if i.g > before {
		l.acknowledge(now, &i.receiving, 0)
		l.ackDue = true
	}
}
