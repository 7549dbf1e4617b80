package history

// judgeOutcomes checks each send and its outcome: C4, C5, C9, C10, C13 and C14.
func (x *index) judgeOutcomes() {
	for _, key := range x.order {
		s := x.sends[key]
		send := &x.events[s.at]
		if s.outcome < 0 {
			if !x.apps[send.App].killedAfter(send.At) {
				x.report.add("C4", "a send has no outcome", s.at)
			}
			continue
		}
		outcome := &x.events[s.outcome]
		if outcome.At < send.At {
			x.report.add("C4", "a send has an outcome from before it", s.at, s.outcome)
			continue
		}
		switch outcome.Kind {
		case Delivered:
			x.judgeDelivered(key, s, outcome)
		case Refused:
			if s.received >= 0 {
				x.report.add("C9", "a message was refused and received", s.received, s.outcome, s.at)
				continue
			}
			x.judgeSaved(s, send, outcome)
		case Unknown:
			x.judgeSaved(s, send, outcome)
		}
		x.judgePrompt(s, send, outcome)
	}
}

func (a *app) killedAfter(at int64) bool { return a != nil && a.killed && a.stop >= at }

// judgeDelivered checks C5: delivered means that the application's receive came before.
func (x *index) judgeDelivered(key sending, s *sent, outcome *Event) {
	if s.received >= 0 {
		if x.events[s.received].At > outcome.At+int64(x.rules.Skew) {
			x.report.add("C5", "a message was delivered before its receiver had it", s.outcome, s.at, s.received)
		}
		return
	}
	// A receiver that was killed between taking a message and logging it: one for each
	// sender can be missing.
	send := &x.events[s.at]
	for _, a := range x.byID[send.Peer] {
		if a.killedAfter(send.At) && !a.killSpent[key.from] {
			a.killSpent[key.from] = true
			return
		}
	}
	x.report.add(x.across("C5", key.from, "", send.At, outcome.At), "a message was delivered and never received", s.outcome, s.at)
}

// own are reasons of a refusal for which the sending application itself is the cause.
var own = map[string]bool{"canceled": true, "too large": true, "invalid": true}

// judgeSaved checks C13: if both peers were back within the window and both applications
// took, every outcome is delivered.
func (x *index) judgeSaved(s *sent, send, outcome *Event) {
	if rule, saved := x.saved(send, send.At, outcome.At, outcome.Reason); saved && !own[outcome.Reason] {
		x.report.add(x.across(rule, Sender(send.App, send.Conn), "", send.At, outcome.At), "a send was not delivered though both were there in time and took", s.outcome, s.at)
	}
}

// saved reports whether something that an end sent at a moment, and that has an outcome at another
// one, must have been delivered, and by which rule: C14 if the direct path had to stand in.
func (x *index) saved(send *Event, from, to int64, reason string) (rule string, saved bool) {
	begin := x.opened[Sender(send.App, send.Conn)]
	a, b := x.apps[send.App], x.only(send.Peer, begin, to)
	if b == nil || a.base || b.base {
		return "", false
	}
	skew := int64(x.rules.Skew)
	window := int64(x.rules.Window) - skew
	rule = "C13"
	for _, p := range []*app{a, b} {
		slow := touches(p.paused, from, to) && reason != "broken" // being slow must not break a link
		// A peer that was away too long at any time since the connection began may have been given
		// up by the other, and is told only now.
		if p.stop <= to+skew || slow || x.apart(p, other(p, a, b), begin, to) >= window {
			return "", false
		}
		if longest(p.lost, begin, to) >= window {
			rule = "C14"
		}
	}
	return rule, !within(a.closes[b.id], begin, to) && !within(b.closes[a.id], begin-skew, to+skew)
}

// other returns the one of a and b that p is not.
func other(p, a, b *app) *app {
	if p == a {
		return b
	}
	return a
}

// only returns the one instance that had the receiver's ID from the beginning of the
// sender's connection to the outcome, or nil if there was none, or several: a successor
// does not have its predecessor's memory.
func (x *index) only(id string, begin, end int64) (b *app) {
	skew := int64(x.rules.Skew)
	for _, a := range x.byID[id] {
		if a.start > end || a.stop < begin-skew {
			continue
		}
		if b != nil {
			return nil
		}
		b = a
	}
	return b
}

// judgePrompt checks C10: every outcome comes within the limit after the network has
// healed, while both applications take messages. If the receiver has ended, the
// observer's own patience is added.
func (x *index) judgePrompt(s *sent, send, outcome *Event) {
	if x.slow(send, send.At, outcome.At) {
		x.report.add("C10", "an outcome came too late, while all was well", s.outcome, s.at)
	}
}

// slow reports whether the outcome of something that an end sent came too late.
func (x *index) slow(send *Event, from, to int64) bool {
	settle := int64(x.rules.Settle)
	a := x.apps[send.App]
	for _, b := range x.byID[send.Peer] {
		if touches(b.paused, from, to) {
			return false
		}
		if b.stop < to {
			settle = int64(x.rules.Settle + x.rules.Window + x.rules.GoneAfter)
		}
	}
	return a != nil && !touches(a.paused, from, to) && overlapping(x.calm, from, to) > settle
}
