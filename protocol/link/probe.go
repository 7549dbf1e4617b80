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
	at      Time   // when it was sent
	doubts  int    // since the last answer
	backoff uint8  // how often the timeout has doubled
	heard   uint64 // the number of the other side's last probe

	smoothed, variation Time // RFC 6298's SRTT and RTTVAR; 0: no sample yet
}

// Doubt says that frames may be lost: the other side is back, this side's connection was
// resumed, or RELAY_UNDELIVERED came (L8). It sends a probe and nothing else. From the
// fifth doubt without an answer on, the timer sends the probes.
func (l *Link) Doubt(now Time) {
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
	l.endDue = l.endAwaited()
}

// ask writes the next probe into h.
func (l *Link) ask(now Time, h *Header) {
	p := &l.probe
	p.asked++
	p.pending, p.at = true, now
	h.Ask = p.asked
	for s := range l.out {
		o := &l.out[s]
		o.probed, o.since = o.made, now
	}
}

// ackReceived handles the fields of LINK_ACK other than acknowledgements.
func (l *Link) ackReceived(now Time, h *Header) {
	p := &l.probe
	if h.Ans > p.asked {
		l.fail(WhyAnswer)
		return
	}
	if h.Ask > p.heard { // an older probe came on a slower path, and its sender asked again
		p.heard = h.Ask
		l.answerDue = true
	}
	if h.Ended && l.ending.here {
		l.ending.known, l.endDue = true, false
	}
	if !p.pending || h.Ans != p.asked {
		return
	}
	p.pending, p.doubts = false, 0
	l.effects.Answered = max(1, now-p.at)
	p.sample(now - p.at)
	for s := range l.out {
		l.partAsked(now, &l.in[s])
		o := &l.out[s]
		o.since = now
		if o.r < o.probed { // a path keeps order: what was sent before the probe is lost
			o.next, o.flight = o.r+1, 0
		}
	}
}

// held reports whether frames of a sequence must wait for the answer to a probe: if
// something before the probe is lost, the receiver would not count what follows (L4).
func (l *Link) held(o *outgoing) bool { return l.probe.pending && o.probed > o.r }

// sample adds a time from a probe to its answer (RFC 6298, section 2).
func (p *probe) sample(rtt Time) {
	if p.smoothed == 0 {
		p.smoothed, p.variation = rtt, rtt/2
		return
	}
	p.variation = (3*p.variation + max(p.smoothed-rtt, rtt-p.smoothed)) / 4
	p.smoothed = (7*p.smoothed + rtt) / 8
}

// timeout returns how long to wait before the next probe.
func (p *probe) timeout() Time {
	timeout := min(max(p.smoothed+4*p.variation, minTimeout), maxTimeout)
	return min(timeout<<p.backoff, maxTimeout)
}

// backOff doubles the timeout.
func (p *probe) backOff() {
	if p.timeout() < maxTimeout {
		p.backoff++
	}
}
