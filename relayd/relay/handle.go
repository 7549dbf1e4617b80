package relay

import (
	"bytes"
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// handle puts one message on its way to its receiver, or gives the
// *protocol.Error that the sender is closed with.
func (s *session) handle(m *message, text []byte) error {
	m.read, m.readBytes = m.read+1, m.readBytes+len(text)
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
		s.flush(m)
		s.undelivered(envelope.To, DropBase, 1, toABase)
		return nil
	case ok:
		if why := s.refuses(envelope); why != nil {
			s.flush(m)
			return s.refuse(why, envelope)
		}
		s.gather(m, receiver, envelope)
		return nil
	}
	s.flush(m)
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
func (s *session) gather(m *message, receiver route, e protocol.Envelope) {
	if m.to != nil && (m.to != receiver.to || m.frames == s.relay.batchFrames || len(*m.out)+len(e.Message)+len(e.Link) > s.relay.batchBytes) {
		s.flush(m)
	}
	if s.held != nil { // it comes behind them, and nothing more is looked at
		s.held, s.heldOf = appendDelivery(s.held, s.id, e.Type, e.Message, e.Link), s.heldOf+1
		return
	}
	if m.to == nil {
		m.to, m.out, m.news = receiver.to, outs.Get().(*[]byte), receiver.news
	}
	*m.out = appendDelivery(*m.out, s.id, e.Type, e.Message, e.Link)
	m.frames++
}

// flush sends what handle has put together.
func (s *session) flush(m *message) {
	if m.to == nil {
		return
	}
	to, out, frames, news := m.to, m.out, m.frames, m.news
	m.to, m.out, m.frames, m.news = nil, nil, 0, false
	if s.server {
		s.toClient(to, *out, frames, news)
	} else if err := s.toServer(to, *out, frames, news); err == errFull {
		s.held, s.heldOf = slices.Clone(*out), frames // nothing larger is kept while it waits
	} else if err != nil {
		s.undelivered([]byte(s.lobby.id), DropAbsent, frames, absent)
	}
	*out = (*out)[:0]
	outs.Put(out)
}

// toServer sends a client's messages, or fails as outbox.send does.
func (s *session) toServer(to *session, bytes []byte, frames int, news bool) error {
	if s.host != to { // a share is guarded by its outbox
		s.host, s.waits = to, new(share)
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
	case errFull:
		s.undelivered(server, DropServerSlow, s.heldOf, slow)
	default:
		s.undelivered(server, DropAbsent, s.heldOf, absent)
	}
	s.held, s.heldOf = nil, 0
	s.holds(0)
}

// push sends to the server, behind what it must hear of this client, and waits for
// room while this session lasts.
func (s *session) push(bytes []byte, frames int) error {
	server, ok := s.lobby.route(s, []byte(s.lobby.id))
	if !ok {
		return errGone
	}
	s.paused.Store(true)
	err := server.to.out.tryWithin(s.relay.config.HoldWithin, s.out, func() error {
		return s.toServer(server.to, bytes, frames, true)
	})
	s.heard.Store(s.relay.now.Load())
	s.carried.Store(s.relay.now.Load())             // it would have been, had there been room
	s.controls.Store(-10 * protocol.MaxControlRate) // those that piled up meanwhile are no flood
	s.paused.Store(false)
	return err
}

// toClient sends a server's messages to a client, behind what that must hear of
// its server. A server's reads never wait for a client: one that is too slow is cut
// (B16).
func (s *session) toClient(to *session, bytes []byte, frames int, news bool) {
	err := errFull
	if !news || s.lobby.toldOfServer(to) {
		err = s.lobby.deliver(s, to, bytes, frames)
	}
	switch err {
	case nil:
	case errFull:
		to.close(protocol.CodeTooSlow, "too much waits for you: read faster, or take the data over a data channel")
		s.undelivered([]byte(to.id), DropClientSlow, frames, slow)
	default:
		s.undelivered([]byte(to.id), DropAbsent, frames, absent)
	}
}
