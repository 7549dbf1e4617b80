package link

import "github.com/sebas642/intercessor/protocol"

// partWithin is how long the next part may take while there is a path (L7). It doubles if
// the other side has not answered a probe since the last part, so that the relay has time
// to find out whether the path works.
const partWithin = 20 * Second

// part handles a frame that is a part of a message (L7). It returns false if there is no
// memory for it, or the rule that the part breaks.
func (l *Link) part(now Time, i *incoming, s int, message []byte, cost int, h *Header) (counted bool, why string) {
	first := h.Of != 0
	if first != (i.of == 0) || first && h.At != 0 || !first && (h.At != uint64(len(i.buf)) || i.last != i.typ) {
		return false, WhyPart
	}
	if first {
		if h.Of > protocol.MaxLinkMessage || int64(h.Of) > l.config.Budget.long.limit {
			return false, WhyTooLong
		}
		i.of, i.typ = int(h.Of), i.last
	}
	if !l.growBuffer(now, i, len(message)) {
		if first {
			l.forgetParts(i)
		}
		i.partAt = now + maxTimeout
		return false, ""
	}
	before := len(i.buf)
	buf, ok := appendPart(i.buf, message)
	if !ok || len(buf) == before { // a message of empty parts would never end
		return false, WhyPart
	}
	i.buf = buf
	i.partAt = now
	i.r++
	i.cost += uint64(cost)
	i.freed += uint64(cost) // claimParts counts its memory, so it no longer counts here
	if len(i.buf) < i.of {
		i.measurePace(now)
		return true, ""
	}
	if protocol.Valid(i.buf) != nil {
		return false, WhyPart
	}
	i.inbox.push(inMessage{i.typ, i.buf, i.r, 0, i.claim, h.about()})
	i.of, i.buf, i.claim = 0, nil, claim{}
	l.effects.Arrived[s] = true
	return true, ""
}

// growBuffer makes space for n more bytes of the unfinished message, or returns false.
// The buffer grows with what came, to twice as much, not with what was announced.
func (l *Link) growBuffer(now Time, i *incoming, n int) bool {
	need := min(i.of, len(i.buf)+n)
	if need <= cap(i.buf) {
		return true
	}
	size := min(i.of, 2*need)
	if own := i.ownLeft(); need <= own {
		size = min(size, own)
	}
	if !l.claimParts(now, i, size) {
		return false
	}
	i.buf = append(make([]byte, 0, size), i.buf...)
	return true
}

// granted reports whether the other side may send the longest part.
func (i *incoming) granted() bool {
	return i.g >= i.cost+protocol.FrameCost+protocol.MaxType+protocol.MaxPart
}

// partWake returns when something is due for the unfinished message. 0 means never.
func (l *Link) partWake(i *incoming) Time {
	switch {
	case i.of == 0 || l.phase != open || !i.granted() || l.waits(i):
		return 0
	case l.probe.at <= i.partAt && !l.askDue:
		return i.partAt + partWithin/2
	case l.probe.at <= i.partAt || l.probe.pending:
		return i.partAt + 2*partWithin
	}
	return max(i.partAt+partWithin, i.heardAt+partWithin/4)
}

// waits reports whether the sender of a sequence has no path that it may use (W8).
func (l *Link) waits(i *incoming) bool {
	return i == &l.in[Data] && l.policy == DirectOnly && !l.up[Direct]
}

// partAsked notes an answer to the last probe. The first one after the question for a part
// gives the other side time: it may have had no path, and sends again what is lost.
func (l *Link) partAsked(now Time, i *incoming) {
	if i.of != 0 && l.probe.at > i.partAt && i.heardAt <= i.partAt {
		i.heardAt = now
	}
}

// partTick sends a probe if no part comes, and ends the link if the message is late (L7).
func (l *Link) partTick(now Time, i *incoming) {
	switch at := l.partWake(i); {
	case at == 0 || now < at:
	case l.probe.at <= i.partAt && !l.askDue:
		l.askDue = true
		i.partAt = now - partWithin/2 // time in which this program was suspended does not count
	default:
		l.fail(WhyLate)
	}
}

// forget drops received messages that were not taken, and frees their memory.
func (l *Link) forget(i *incoming) {
	for i.inbox.len() > 0 {
		l.release(i, i.inbox.pop().claim)
	}
	i.inbox.clear()
	l.forgetParts(i)
}

// forgetParts drops the unfinished message.
func (l *Link) forgetParts(i *incoming) {
	l.leaveQueue(i)
	l.release(i, i.claim)
	i.of, i.buf, i.claim = 0, nil, claim{}
}
