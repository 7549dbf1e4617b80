package link

// ending is what is known of the link's end, of this side's and of the other's.
type ending struct {
	here  bool   // this side has closed, or failed: LINK_END is to be sent
	mine  uint64 // the last number that it names
	why   string // and why, if the other side broke a rule
	at    Time   // when it was sent
	known bool   // the other side has it

	gaveUp string // why this side has aborted the link: what LINK_RESET says (L2)

	there bool   // LINK_END came
	last  uint64 // the last number that it named
}

// Close ends the link from this side: it takes nothing more and accepts no more
// sends. What was accepted is still sent and settled; then the link ends as
// ClosedHere, and Over is true when the other side knows (L10). How long to wait
// for that is the caller's decision: see Abort. Close may be called again, and
// drops what Take would still return.
func (l *Link) Close(now Time) {
	l.forget(&l.in[Data])
	switch {
	case l.phase == opening:
		l.kill(End{How: ClosedHere})
	case l.phase == open && !l.ending.here, l.phase == done && l.how == ClosedThere && !l.ending.here:
		// After the other side's close LINK_END still tells it the last t.
		l.ending.here, l.ending.mine, l.endDue = true, l.out[Data].count(), true
	}
	l.settle()
}

// Abort ends the link at once, because the caller knows that it cannot go on: no
// path for too long, or no time left. Why is one of the words of L2: the other side
// hears it when it asks. What was received can still be taken.
func (l *Link) Abort(now Time, why string) {
	if l.phase != dead {
		l.ending.gaveUp = why
	}
	if l.ending.here && l.out[Data].messages.len() == 0 {
		l.kill(End{How: ClosedHere}) // only the other side's word for it was missing
		return
	}
	l.kill(End{How: Aborted, Why: why})
}

// lost ends a link of which the other side has no memory, or which it has given up,
// and says why (L2).
func (l *Link) lost(why string) {
	switch {
	case l.ending.here && l.out[Data].messages.len() == 0:
		l.kill(End{How: ClosedHere})
	case why != "":
		l.kill(End{How: GivenUp, Why: why})
	default:
		l.kill(End{How: Restarted})
	}
}

// kill ends the link, which says nothing more.
func (l *Link) kill(end End) {
	l.finish(end)
	l.phase = dead
}

// fail ends the link because the other side broke a rule (L11). LINK_END says
// that nothing more is taken, so nothing more is.
func (l *Link) fail(why string) {
	if l.phase >= done {
		return
	}
	e := &l.ending
	e.here, e.known, e.mine, e.why = true, false, l.out[Data].made, why
	l.endDue = true
	l.forget(&l.in[Data])
	l.finish(End{How: FailedHere, Why: why})
}

// endReceived takes LINK_END (L10).
func (l *Link) endReceived(h *Header) {
	e := &l.ending
	if l.phase >= done {
		e.there, l.endedDue = true, true
		return
	}
	if !h.HasEnd || h.Why == "" && (e.there && h.End != e.last || h.End < l.in[Data].r) {
		l.fail(WhyEnd)
		return
	}
	e.there, e.last, l.endedDue = true, h.End, true
	how := ClosedThere
	if h.Why != "" {
		how = FailedThere
	}
	l.settleAll(&l.out[Data], Refused, how)
	if h.Why != "" {
		l.finish(End{how, h.Why})
	}
}

// endAwaited reports whether LINK_END is to be repeated.
func (l *Link) endAwaited() bool { return l.ending.here && !l.ending.known && l.phase != dead }

// settle ends the link when everything is done that one side's close asks for.
func (l *Link) settle() {
	if l.phase != open {
		return
	}
	e := &l.ending
	switch {
	case e.here && e.known && l.out[Data].messages.len() == 0:
		l.finish(End{How: ClosedHere})
	case e.there && !e.here && l.in[Data].t >= e.last:
		l.finish(End{How: ClosedThere})
	}
}

// finish ends the link for the application. What is left of its sends is unknown.
func (l *Link) finish(end End) {
	if l.phase >= done {
		return
	}
	for s := range l.out {
		l.settleAll(&l.out[s], Unknown, end.How)
	}
	l.forget(&l.in[Signalling])
	l.forgetParts(&l.in[Data])
	l.phase, l.how, l.askDue, l.pollAt = done, end.How, false, 0
	l.effects.Ended = end
}
