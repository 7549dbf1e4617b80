package link

// ending is the state of the link's end on both sides.
type ending struct {
	closing bool // Close was called, and LINK_END waits for what streams have to deliver

	// LINK_END of this side.
	here  bool   // this side has closed or failed, so LINK_END must be sent
	mine  uint64 // its field end
	why   string // its field why, if the other side broke a rule
	at    Time   // when it was last sent
	known bool   // the other side has it

	gaveUp string // why this side has aborted the link, for LINK_RESET (L2)

	// LINK_END of the other side.
	there bool   // it came
	last  uint64 // its field end
}

// Close ends the link from this side: it takes nothing more and accepts no more sends.
// Accepted messages are still sent and settled, and what was written on streams that were
// closed is delivered; others are aborted. Then the link ends as ClosedHere, and Over is true
// when the other side knows (L10). The caller decides how long to wait for that: see Abort.
// Close may be called again, and drops what Take would still return.
func (l *Link) Close(now Time) {
	l.forget(&l.in[Data])
	switch {
	case l.phase == opening && !l.saidEarly():
		l.kill(End{How: ClosedHere})
	case l.phase <= open && !l.ending.begun():
		l.ending.closing = true
		l.streams.close()
	case l.phase == done && l.how == ClosedThere && !l.ending.here:
		l.sayEnd() // which still carries the last t
	}
	l.settle()
}

// begun reports whether this side takes nothing more.
func (e *ending) begun() bool { return e.closing || e.here }

// sayEnd has LINK_END sent.
func (l *Link) sayEnd() {
	l.ending.here, l.ending.mine, l.endDue = true, l.out[Data].count(), [2]bool{true, true}
}

// Abort ends the link at once, because the caller knows that it cannot go on: there was
// no path for too long, or no time is left. Why is one of the words of L2, which the
// other side gets when it asks. What was received can still be taken.
func (l *Link) Abort(now Time, why string) {
	if l.phase != dead {
		l.ending.gaveUp = why
	}
	if l.ending.here && l.out[Data].messages.len() == 0 {
		l.kill(End{How: ClosedHere}) // only the other side's confirmation was missing
		return
	}
	l.kill(End{How: Aborted, Why: why})
}

// Dismiss is Abort because of what the relay has said of one of the two sides, while there is
// a direct path. LINK_END says why on every path (W7), which is kicked, replaced or left.
func (l *Link) Dismiss(now Time, why string) {
	if l.phase != open {
		l.Abort(now, why)
		return
	}
	e := &l.ending
	e.here, e.known, e.mine, e.why = true, false, l.out[Data].made, why
	l.endDue = [2]bool{true, true}
	l.finish(End{How: Aborted, Why: why})
}

// lost ends a link that the other side does not know, or has given up with a reason (L2).
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

// kill ends the link. It sends nothing more.
func (l *Link) kill(end End) {
	l.finish(end)
	l.phase = dead
}

// fail ends the link because the other side broke a rule (L11). LINK_END says that
// nothing more is taken, so Take returns nothing more.
func (l *Link) fail(why string) {
	if l.phase >= done {
		return
	}
	e := &l.ending
	e.here, e.known, e.mine, e.why = true, false, l.out[Data].made, why
	l.endDue = [2]bool{true, true}
	l.forget(&l.in[Data])
	l.finish(End{How: FailedHere, Why: why})
}

// endReceived handles LINK_END (L10).
func (l *Link) endReceived(h *Header) {
	e := &l.ending
	if l.phase >= done {
		e.there, l.endedDue = true, [2]bool{true, true}
		return
	}
	if !h.HasEnd || h.Why == "" && (e.there && h.End != e.last || h.End < l.in[Data].r) {
		l.fail(WhyEnd)
		return
	}
	e.there, e.last, l.endedDue = true, h.End, [2]bool{true, true}
	how := ClosedThere
	if h.Why != "" {
		how = FailedThere
	}
	l.settleAll(&l.out[Data], Refused, how)
	l.streams.end(how == ClosedThere)
	if h.Why != "" {
		l.finish(End{how, h.Why})
	}
}

// endAwaited reports whether LINK_END must be repeated.
func (l *Link) endAwaited() bool { return l.ending.here && !l.ending.known && l.phase != dead }

// Ending reports whether the other side has closed. What it sent before may be on its way
// still.
func (l *Link) Ending() bool { return l.ending.there }

// settle ends the link when everything is done that must follow one side's close.
func (l *Link) settle() {
	if l.phase != open {
		return
	}
	e := &l.ending
	if e.closing && !e.here && (e.there || l.streams.idle()) {
		l.sayEnd()
	}
	switch {
	case e.here && e.known && l.out[Data].messages.len() == 0:
		l.finish(End{How: ClosedHere})
	case e.there && !e.begun() && l.in[Data].t >= e.last:
		l.finish(End{How: ClosedThere})
	}
}

// finish ends the link for the application. What is left of its sends is unknown.
func (l *Link) finish(end End) {
	if l.phase >= done {
		return
	}
	l.how = end.How
	for s := range l.out {
		l.settleAll(&l.out[s], Unknown, end.How)
	}
	l.forget(&l.in[Signalling])
	l.forgetParts(&l.in[Data])
	l.streams.end(false)
	l.phase, l.askDue, l.pollAt = done, false, 0
	l.effects.Ended = end
}
