package link

import "github.com/sebas642/intercessor/protocol"

// ReceiveDirect handles a text message of the direct path, which is checked as the relay
// would have checked it (F1). One that breaks a rule ends the link.
func (l *Link) ReceiveDirect(now Time, text []byte) {
	d, err := protocol.ParseDirect(text)
	if err != nil || len(text) > protocol.MaxDelivery {
		l.Broken()
		return
	}
	h, err := ParseHeader(d.Link)
	switch {
	case err != nil:
		l.fail(WhyHeader)
		return
	case h.ID != l.id || l.phase == opening || relayOnly(d.Type):
		l.Broken()
		return
	}
	message := d.Message
	if h.Of == 0 && h.At == 0 { // parts are copied anyway
		message = append(make([]byte, 0, len(message)), message...)
	}
	l.Receive(now, Direct, d.Type, message, &h)
}

// relayOnly reports whether messages of a type never take the direct path (W3).
func relayOnly(typ []byte) bool {
	switch string(typ) {
	case protocol.TypeLinkOpen, protocol.TypeLinkOpened, protocol.TypeLinkReset:
		return true
	}
	return false
}

// Broken ends the link because what came on the direct path is no message (L11).
func (l *Link) Broken() {
	if l.phase == open {
		l.fail(WhyDirect)
	}
}

// Unacknowledged returns the cost of what this side has sent on a path and the other side
// has not received, as far as is known, and since when nothing was acknowledged. It is for
// [Health.Sent]. A probe without an answer counts, too.
func (l *Link) Unacknowledged(p Path) (cost int, since Time) {
	if p != l.current || l.phase != open {
		return 0, 0
	}
	if l.probe.pending && l.probe.path == p {
		cost, since = 1, l.probe.at
	}
	for s := range l.out {
		o := &l.out[s]
		if o.flight == 0 || l.askDue || l.probe.pending && l.probe.path != p {
			continue // sent on the other path, perhaps
		}
		cost += o.flight
		if since == 0 || o.since < since {
			since = o.since
		}
	}
	return cost, since
}

// The first byte of a binary message on the direct path (F1).
const (
	bytePing = 1
	bytePong = 2
)

// mostVarint is the longest number of a PING or PONG, in bytes.
const mostVarint = 8

// AppendPing appends to dst the binary message for what [Health.Next] has returned.
func AppendPing(dst []byte, n uint64, pong bool) []byte {
	kind := byte(bytePing)
	if pong {
		kind = bytePong
	}
	for dst = append(dst, kind); n >= 0x80; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}

// Binary handles a binary message of the path. It returns false if the message breaks a
// rule, and the driver calls [Link.Broken].
func (h *Health) Binary(now Time, message []byte) bool {
	if len(message) == 0 {
		return false
	}
	kind := message[0]
	if kind != bytePing && kind != bytePong {
		h.Received()
		return true
	}
	n, ok := varint(message[1:])
	switch {
	case !ok:
		return false
	case kind == bytePing:
		h.Ping(n)
	default:
		h.Pong(now, n)
	}
	return true
}

// varint reads an unsigned LEB128 number that fills text.
func varint(text []byte) (n uint64, ok bool) {
	if len(text) == 0 || len(text) > mostVarint {
		return 0, false
	}
	for i, b := range text {
		if more := b&0x80 != 0; more == (i == len(text)-1) {
			return 0, false
		}
		n |= uint64(b&0x7f) << (7 * i)
	}
	return n, true
}
