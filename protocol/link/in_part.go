package link

import "github.com/sebas642/intercessor/protocol"

// part takes a frame that is a part of a message (L7). It returns false if there
// is no memory for the message, or the rule that the part breaks.
func (l *Link) part(i *incoming, s int, message []byte, cost int, h *Header) (counted bool, why string) {
	first := h.Of != 0
	if first != (i.of == 0) || first && h.At != 0 || !first && (h.At != uint64(len(i.buf)) || i.last != i.typ) {
		return false, WhyPart
	}
	if first {
		b := l.config.Budget
		if h.Of > protocol.MaxLinkMessage || int64(h.Of) > b.limit {
			return false, WhyTooLong
		}
		if !b.reserve(&b.in, int(h.Of)) {
			return false, ""
		}
		i.of, i.typ = int(h.Of), i.last
		i.buf = make([]byte, 0, i.of)
	}
	before := len(i.buf)
	buf, ok := appendPart(i.buf, message)
	if !ok || len(buf) == before { // parts of nothing would never end
		return false, WhyPart
	}
	i.buf = buf
	i.r++
	i.cost += uint64(cost)
	i.freed += uint64(cost) // the whole is reserved, so parts weigh no more
	if len(i.buf) < i.of {
		return true, ""
	}
	if protocol.Valid(i.buf) != nil {
		return false, WhyPart
	}
	i.inbox.push(inMessage{i.typ, i.buf, i.r, 0, i.of})
	i.of, i.buf = 0, nil
	l.effects.Arrived[s] = true
	return true, ""
}

// forget drops what was received and not taken, and gives its memory back.
func (l *Link) forget(i *incoming) {
	b := l.config.Budget
	for i.inbox.len() > 0 {
		b.release(&b.in, i.inbox.pop().paid)
	}
	i.inbox.clear()
	l.forgetParts(i)
}

// forgetParts drops the message that is being put together.
func (l *Link) forgetParts(i *incoming) {
	b := l.config.Budget
	b.release(&b.in, i.of)
	i.of, i.buf = 0, nil
}
