package link

// The limits of the retransmission timer (L8). The lower one is also the initial value of
// RFC 6298.
const (
	minTimeout = 1 * Second
	maxTimeout = 20 * Second
)

// doubtsAtOnce is how many doubts in a row are probed without waiting (L8).
const doubtsAtOnce = 4

// probe is the state of a link's own probes and of the other side's. Of its own only the
// last counts.
type probe struct {
	asked   uint64 // the number of the last probe
	pending bool   // the last probe has no answer yet
	path    Path   // on which it was sent
	at      Time   // when it was sent
	doubts  int    // since the last answer
	heard   uint64 // the number of the other side's last probe

	trips [2]trip // of each path
}

// trip is what is known of a path's round trip, and its retransmission timer (RFC 6298).
type trip struct {
	smoothed, variation Time  // SRTT and RTTVAR; 0: no sample yet
	backoff             uint8 // how often the timeout has doubled
}

// Doubt says that frames sent on a path may be lost: the other side is back, this side's
// connection was resumed, or RELAY_UNDELIVERED came (L8). If this side sends on that path it
// sends a probe and nothing else. From the fifth doubt without an answer on, the timer sends
// the probes.
func (l *Link) Doubt(now Time, p Path) {
	if p == l.current {
		l.quiet = l.phase == opening
		l.doubt()
	}
}

func (l *Link) doubt() {
	if l.probe.doubts >= doubtsAtOnce {
		return
	}
	l.probe.doubts++
	switch {
	case l.phase == opening:
		l.openDue = true
	case l.phase == open:
		l.askDue = true
	}
	if l.endAwaited() {
		l.endDue = [2]bool{true, true}
	}
}

// met says that the client of a link that early frames have made has LINK_OPENED now. It has
// dropped what came before that, probes included (L14).
func (l *Link) met() {
	if l.phase == open && l.hasty() {
		l.probe.doubts, l.probe.trips[Relay].backoff = 0, 0
		l.doubt()
	}
}

// ask writes the next probe into h.
func (l *Link) ask(now Time, h *Header) {
	p := &l.probe
	p.asked++
	p.pending, p.at, p.path = true, now, l.current
	h.Ask = p.asked
	for _, o := range l.sendings() {
		o.probed, o.since = o.made, now
	}
}

// ackReceived handles the fields of LINK_ACK other than acknowledgements.
func (l *Link) ackReceived(now Time, path Path, h *Header) {
	p := &l.probe
	if h.Ans > p.asked {
		l.fail(WhyAnswer)
		return
	}
	if h.Ask > p.heard { // an older probe came on a slower path, and its sender asked again
		p.heard = h.Ask
		back := path
		if !l.up[back] {
			back = l.current // the other side has found the path well before this one
		}
		l.answerDue = [2]bool{}
		l.answerDue[back] = true
	}
	if h.Ended && l.ending.here {
		l.ending.known, l.endDue = true, [2]bool{}
	}
	if !p.pending || h.Ans != p.asked {
		return
	}
	p.pending, p.doubts = false, 0
	l.effects.Answered = max(1, now-p.at)
	if path == p.path {
		p.trips[path].sample(now - p.at)
	}
	for s := range l.in {
		l.partAsked(now, &l.in[s])
	}
	for _, o := range l.sendings() {
		o.since = now
		if o.r < o.probed { // what was sent before the probe is lost, or late on another path
			o.next, o.flight = o.r+1, 0
		}
	}
}

// held reports whether frames of a sequence must wait for the answer to a probe: if
// something before the probe is lost, the receiver would not count what follows (L4).
func (l *Link) held(o *sending) bool { return l.probe.pending && o.probed > o.r }

// sample adds a time from a probe to its answer (RFC 6298, section 2).
func (p *trip) sample(rtt Time) {
	if p.smoothed == 0 {
		p.smoothed, p.variation = rtt, rtt/2
		return
	}
	p.variation = (3*p.variation + max(p.smoothed-rtt, rtt-p.smoothed)) / 4
	p.smoothed = (7*p.smoothed + rtt) / 8
}

// timeout returns how long to wait before the next probe.
func (p *trip) timeout() Time {
	timeout := min(max(p.smoothed+4*p.variation, minTimeout), maxTimeout)
	return min(timeout<<p.backoff, maxTimeout)
}

// backOff doubles the timeout.
func (p *trip) backOff() {
	if p.timeout() < maxTimeout {
		p.backoff++
	}
}

// timeout returns the timeout of the current path.
func (l *Link) timeout() Time { return l.probe.trips[l.current].timeout() }
