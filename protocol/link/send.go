package link

import (
	"errors"

	"github.com/sebas642/intercessor/protocol"
)

var (
	// ErrFull says that a message must wait, because the link's memory is used up.
	// Effects.Room says when there is space.
	ErrFull = errors.New("the link is full: wait until it has space")

	// ErrEnded says that the link accepts no more messages: one side has closed it, or
	// it has failed. The message was not sent.
	ErrEnded = errors.New("the link has ended")

	// ErrTooLong says that a message is longer than protocol.MaxLinkMessage.
	ErrTooLong = errors.New("the message is longer than 16777216 bytes")
)

// Send accepts a message, one JSON value, of a type that an application may send
// (protocol.CheckType) or of signalling; the type chooses the sequence. The link
// keeps message, which must not change any more, and reports its outcome with token. It
// accepts messages before it is open and while there is no path. The error is ErrFull,
// ErrEnded or ErrTooLong. Then the link has not kept the message and has no outcome for
// it.
func (l *Link) Send(now Time, typ string, message []byte, token any) error {
	return l.send(now, outMessage{typ: typ, data: message, token: token})
}

func (l *Link) send(now Time, m outMessage) error {
	s, message := Sequence(m.typ), m.data
	o := &l.out[s]
	if l.phase >= done || s == Data && (l.ending.begun() || l.ending.there) {
		return ErrEnded
	}
	b := l.config.Budget
	if len(message) > protocol.MaxLinkMessage || int64(len(message)) > b.out.limit {
		return ErrTooLong
	}
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

// Pending returns how many sends of a sequence have no outcome yet; for Streams, in how many
// streams this side's direction is not over.
func (l *Link) Pending(sequence int) int {
	if sequence == Streams {
		return l.streams.pending()
	}
	return l.out[sequence].messages.len()
}

// room records that a sequence has space for waiting senders.
func (l *Link) room(s int) {
	if o := &l.out[s]; o.waiting && !o.full() {
		o.waiting = false
		l.effects.Room[s] = true
	}
}

// free releases a message's data and its memory in the budget.
func (l *Link) free(o *outgoing, m *outMessage) {
	if m.data == nil {
		return
	}
	o.held -= protocol.FrameCost + len(m.data) - m.received
	l.config.Budget.out.release(m.paid)
	m.data, m.paid = nil, 0
}
