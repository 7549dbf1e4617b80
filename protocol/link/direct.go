package link

import "github.com/sebas642/intercessor/protocol"

// ReceiveDirect handles a message of the direct path, a text or a binary one, which is checked
// as the relay would have checked it (F1). One that breaks a rule ends the link. What is about
// the path goes to h. The link may keep the message, which must not change any more.
func (l *Link) ReceiveDirect(now Time, h *Health, message []byte, text bool) {
	switch {
	case text && l.policy != RelayOnly:
		h.Received(now)
		l.receiveText(now, message)
	case !text && !l.receiveBinary(now, h, message):
		l.Broken()
	}
}

func (l *Link) receiveText(now Time, text []byte) {
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

// The first byte of a binary message (F1).
const (
	byteStream = 0
	bytePing   = 1
	bytePong   = 2
)

// receiveBinary handles a binary message. It returns false if the message breaks a rule.
func (l *Link) receiveBinary(now Time, h *Health, message []byte) bool {
	if len(message) == 0 {
		return false
	}
	if message[0] > bytePong { // of a later version
		h.Received(now)
		return true
	}
	n, rest, ok := cutVarint(message[1:])
	switch kind := message[0]; {
	case !ok || kind != byteStream && len(rest) > 0 || len(rest) > maxStreamFrame:
		return false
	case kind == bytePing:
		h.Ping(now, n)
	case kind == bytePong:
		h.Pong(now, n)
	case l.policy != RelayOnly && l.phase == open:
		h.Received(now)
		l.heard = Direct
		l.receiveStream(now, n, rest)
		l.settle()
	}
	return true
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
	for _, o := range l.sendings() {
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

// AppendPing appends to dst the binary message for what [Health.Next] has returned.
func AppendPing(dst []byte, n uint64, pong bool) []byte {
	kind := byte(bytePing)
	if pong {
		kind = bytePong
	}
	return appendVarint(append(dst, kind), n)
}
