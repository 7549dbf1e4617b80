package link

import (
	"errors"

	"github.com/sebas642/intercessor/protocol"
)

var (
	// ErrFull says that a message has to wait: as much is held as may be. Effects
	// tells when there is room.
	ErrFull = errors.New("the link holds as much as it may: wait until there is room")

	// ErrEnded says that the link takes no more messages: one side has closed it,
	// or it broke. The message was not sent.
	ErrEnded = errors.New("the link has ended")

	// ErrTooLong says that a message is longer than a link carries.
	ErrTooLong = errors.New("the message is longer than 16777216 bytes")
)

// Send accepts a message, one JSON value, of a type that an application may send
// (protocol.CheckType) or of signalling; the type chooses the sequence. The link
// keeps message, which must not change any more, and tells its outcome with token
// if it returns nil. It accepts before the link is open and while there is no path.
// Otherwise the error is ErrFull, ErrEnded or ErrTooLong, and nothing was kept.
func (l *Link) Send(now Time, typ string, message []byte, token any) error {
	s := Sequence(typ)
	o := &l.out[s]
	if l.phase >= done || s == Data && (l.ending.here || l.ending.there) {
		return ErrEnded
	}
	b := l.config.Budget
	if len(message) > protocol.MaxLinkMessage || int64(len(message)) > b.out.limit {
		return ErrTooLong
	}
	m := outMessage{typ: typ, data: message, token: token}
	if len(message) > protocol.MaxPart {
		m.of = len(message)
	}
	if o.full() {
		o.waiting = true
		return ErrFull
	}
	if s == Data || m.of != 0 { // signalling never waits behind data (L3)
		m.paid = protocol.FrameCost + len(message)
		if m.paid = min(m.paid, int(b.out.limit)); !b.out.reserve(m.paid) {
			o.waiting = true
			l.poll(now)
			return ErrFull
		}
	}
	o.held += protocol.FrameCost + len(message)
	o.messages.push(m)
	return nil
}

// Pending returns how many sends of a sequence have no outcome yet.
func (l *Link) Pending(sequence int) int { return l.out[sequence].messages.len() }

// room tells those who wait that there is room.
func (l *Link) room(s int) {
	if o := &l.out[s]; o.waiting && !o.full() {
		o.waiting = false
		l.effects.Room[s] = true
	}
}

// free gives back the copy of a message.
func (l *Link) free(o *outgoing, m *outMessage) {
	if m.data == nil {
		return
	}
	o.held -= protocol.FrameCost + len(m.data) - m.received
	l.config.Budget.out.release(m.paid)
	m.data, m.paid = nil, 0
}
