package link

// Wake returns the latest time for the next call of Tick. 0 means that there is nothing
// to wait for. It may change with every call of the link, Next included.
func (l *Link) Wake() Time {
	var wake Time
	sooner := func(at Time) {
		if at != 0 && (wake == 0 || at < wake) {
			wake = at
		}
	}
	if l.phase < done {
		sooner(l.pollAt)
	}
	for s := range l.in {
		sooner(l.paceWake(&l.in[s]))
	}
	if !l.up[l.current] || l.phase == dead {
		return wake
	}
	sooner(l.probeAt())
	for s := range l.in {
		sooner(l.partWake(&l.in[s]))
	}
	if l.endAwaited() && l.phase != opening {
		sooner(l.ending.at + l.timeout())
	}
	if l.dirty() && !l.ackDue && l.config.AckAfter > 0 {
		sooner(l.ackSince + l.config.AckAfter)
	}
	return wake
}

// Tick does what is due. It may be called at any time.
func (l *Link) Tick(now Time) {
	if l.pollAt != 0 && now >= l.pollAt && l.phase < done {
		l.polled(now)
	}
	for s := range l.in {
		l.paceTick(now, &l.in[s])
	}
	if !l.up[l.current] || l.phase == dead {
		return
	}
	for s := range l.in {
		l.partTick(now, &l.in[s])
	}
	if l.dirty() && l.config.AckAfter > 0 && now >= l.ackSince+l.config.AckAfter {
		l.ackDue = true
	}
	end := l.endAwaited() && l.phase != opening && now >= l.ending.at+l.timeout()
	at := l.probeAt()
	ask := at != 0 && now >= at
	if end && !l.endDue[l.current] || ask && !l.askDue && !l.openDue && l.hasty() {
		l.probe.trips[l.current].backOff()
	}
	if end {
		l.endDue = [2]bool{true, true}
	}
	switch {
	case ask && l.phase == opening:
		l.openDue = true
	case ask:
		l.askDue = true
	}
}

// probeAt returns when the next probe, or LINK_OPEN, is due; 0 means never.
func (l *Link) probeAt() (at Time) {
	if l.phase == opening {
		return l.probe.at + l.timeout()
	}
	if l.phase != open {
		return 0
	}
	if l.probe.pending {
		return l.probe.at + l.timeout()
	}
	for s, o := range l.sendings() {
		var due Time
		switch {
		case l.missing(s, o), o.starving:
			due = o.since + l.timeout()
		case s != Streams && l.out[s].untaken():
			// Received and not taken: the application is slow, or a LINK_ACK was lost.
			due = o.since + maxTimeout
		default:
			continue
		}
		if at == 0 || due < at {
			at = due
		}
	}
	return at
}

// hasty reports whether the timer that runs is one that doubles.
func (l *Link) hasty() bool {
	if l.phase == opening || l.probe.pending {
		return true
	}
	for s, o := range l.sendings() {
		if l.missing(s, o) || o.starving {
			return true
		}
	}
	return false
}

// missing reports whether frames of a sequence are not acknowledged that are, or can be, under way.
func (l *Link) missing(s int, o *sending) bool {
	return o.made > o.r && (o.flight > 0 || !l.barred(s, l.current))
}
