package relay

import (
	"bytes"
	"slices"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// Message puts one message on its way to its receiver, or returns the *protocol.Error that
// the sender is closed with. While messages are held back for a slow server, it wants no more.
func (s *session) Message(text []byte) (more bool, err error) {
	b := s.batch
	if b == nil {
		b = batches.Get().(*batch)
		b.began = s.measure()
		s.batch = b
	}
	b.read, b.readBytes = b.read+1, b.readBytes+len(text)
	err = s.route(b, text)
	return s.held == nil, err
}

// route decides what becomes of a message.
func (s *session) route(b *batch, text []byte) error {
	parse := protocol.ParseEnvelope
	if s.v1 {
		parse = protocol.ParseEnvelopeV1
	}
	envelope, err := parse(text)
	if err != nil {
		return err
	}
	if envelope.From != nil && string(envelope.From) != string(s.id) {
		return wrongSender
	}
	receiver, ok := s.lobby.route(s, envelope.To)
	switch {
	case ok && s.v1 && !receiver.to.v1 && isLinked(envelope): // D6
		s.flush(b)
		s.undelivered(envelope.To, DropBase, 1, toABase)
		return nil
	case ok:
		if why := s.refuses(envelope); why != nil {
			s.flush(b)
			return s.refuse(why, envelope)
		}
		s.gather(b, receiver, envelope)
		return nil
	}
	s.flush(b)
	if s.v1 && string(envelope.To) == string(protocol.RelayID) && bytes.HasPrefix(envelope.Type, []byte("RELAY_")) {
		s.request(string(envelope.Type), envelope.Message)
	} else {
		s.undelivered(envelope.To, DropAbsent, 1, absent)
	}
	return nil
}

var wrongSender = &protocol.Error{Code: protocol.CodeWrongSender, Reason: `field "from" must be your own ID, as HELLO told it, or be left out`}

func isLinked(e protocol.Envelope) bool {
	return e.Link != nil || bytes.HasPrefix(e.Type, []byte("LINK_"))
}

// gather puts messages that came together for one receiver into one piece.
func (s *session) gather(b *batch, receiver route, e protocol.Envelope) {
	if b.to != nil && (b.to != receiver.to || b.frames == s.relay.batchFrames || len(b.out)+len(e.Message)+len(e.Link) > s.relay.batchBytes) {
		s.flush(b)
	}
	if s.held != nil { // it comes behind them, and nothing more is looked at
		s.held, s.heldOf = appendDelivery(s.held, s.id, e.Type, e.Message, e.Link), s.heldOf+1
		s.conn.Keep(cap(s.held))
		return
	}
	if b.to == nil {
		b.to, b.news = receiver.to, receiver.news
	}
	b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
	b.frames++
}

// flush sends what handle has put together.
func (s *session) flush(b *batch) {
	if b.to == nil {
		return
	}
	to, out, frames, news := b.to, b.out, b.frames, b.news
	b.to, b.out, b.frames, b.news = nil, out[:0], 0, false
	if s.server {
		s.toClient(to, out, frames, news)
	} else if err := s.toServer(to, out, frames, news); err == wsconn.ErrFull {
		s.held, s.heldOf = slices.Clone(out), frames // nothing larger is kept while it waits
		s.conn.Keep(cap(s.held))
	} else if err != nil {
		s.undelivered([]byte(s.lobby.id), DropAbsent, frames, absent)
	}
}

// toServer sends a client's messages, or fails as Send does.
func (s *session) toServer(to *session, bytes []byte, frames int, news bool) error {
	if s.host != to { // a share is guarded by its outbox
		s.host, s.waits = to, new(wsconn.Share)
	}
	if news {
		return s.lobby.deliverNews(s, to, bytes, frames)
	}
	return s.lobby.deliver(s, to, bytes, frames)
}

// hold sends the messages that are held back to the server when its outbox has capacity.
// This client's reads wait until then, and those of no other; what could not be sent within
// HoldWithin is dropped (B17, D2).
func (s *session) hold() {
	server := []byte(s.lobby.id)
	switch s.push(s.held, s.heldOf) {
	case nil:
	case wsconn.ErrFull:
		s.undelivered(server, DropServerSlow, s.heldOf, slow)
	default:
		s.undelivered(server, DropAbsent, s.heldOf, absent)
	}
	s.held, s.heldOf = nil, 0
	s.conn.Keep(0)
}

// push sends to the server, behind what it must hear of this client, and waits for
// room while this session lasts.
func (s *session) push(bytes []byte, frames int) error {
	server, ok := s.lobby.route(s, []byte(s.lobby.id))
	if !ok {
		return wsconn.ErrGone
	}
	s.conn.Pause()
	err := server.to.conn.SendWithin(s.relay.config.HoldWithin, s.conn, func() error {
		return s.toServer(server.to, bytes, frames, true)
	})
	s.carried.Store(s.relay.conns.Now()) // it would have been, had there been capacity
	s.conn.Resume()
	return err
}

// toClient sends a server's messages to a client, behind what that must hear of
// its server. A server's reads never wait for a client: one that is too slow is cut
// (B16).
func (s *session) toClient(to *session, bytes []byte, frames int, news bool) {
	err := wsconn.ErrFull
	if !news || s.lobby.toldOfServer(to) {
		err = s.lobby.deliver(s, to, bytes, frames)
	}
	switch err {
	case nil:
	case wsconn.ErrFull:
		to.close(protocol.CodeTooSlow, "too much waits for you: read faster, or take the data over a data channel")
		s.undelivered([]byte(to.id), DropClientSlow, frames, slow)
	default:
		s.undelivered([]byte(to.id), DropAbsent, frames, absent)
	}
}
