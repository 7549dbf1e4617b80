package relay

import (
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// handle puts one message on its way to its receiver, or gives the
// *protocol.Error that the sender is closed with.
func (s *session) handle(m *message, text []byte) error {
	envelope, err := protocol.ParseEnvelope(text)
	if err != nil {
		return err
	}
	if envelope.From != nil && string(envelope.From) != string(s.id) {
		return wrongSender
	}
	receiver, ok := s.lobby.route(s.id, envelope.To)
	if !ok {
		s.relay.countDrop(DropAbsent, 1)
		return nil
	}
	if m.to != nil && (m.to != receiver || m.frames == s.relay.batchFrames || len(*m.out)+len(text) > s.relay.batchBytes) {
		s.flush(m)
	}
	if m.to == nil {
		m.to, m.out = receiver, outs.Get().(*[]byte)
	}
	*m.out = appendDelivery(*m.out, s.id, envelope.Type, envelope.Message)
	m.frames++
	return nil
}

var wrongSender = &protocol.Error{Code: protocol.CodeWrongSender, Reason: `field "from" must be your own ID, as HELLO told it, or be left out`}

// flush sends what handle has put together.
func (s *session) flush(m *message) {
	if m.to == nil {
		return
	}
	to, out, frames := m.to, m.out, m.frames
	m.to, m.out, m.frames = nil, nil, 0
	var held []byte
	if to != s.host {
		to.toClient(*out, frames)
	} else if err := s.host.out.send(*out, frames, &s.waits); err == errFull {
		held = slices.Clone(*out) // nothing larger is kept while it waits
	} else if err != nil {
		s.relay.countDrop(DropAbsent, frames)
	}
	*out = (*out)[:0]
	outs.Put(out)
	if held != nil {
		s.hold(held, frames)
	}
}

// hold sends a client's messages to its server when there is room for them. This
// client's reads wait meanwhile, nobody else's; not for ever, though, and what
// found no room in time is dropped (B17).
func (s *session) hold(bytes []byte, frames int) {
	switch s.push(bytes, frames) {
	case nil:
	case errFull:
		s.relay.countDrop(DropServerSlow, frames)
	default:
		s.relay.countDrop(DropAbsent, frames)
	}
}

// push sends to the server, and waits for room while this session lasts.
func (s *session) push(bytes []byte, frames int) error {
	s.paused.Store(true)
	err := s.host.out.sendWithin(s.relay.config.HoldWithin, s.gone, bytes, frames, &s.waits)
	s.heard.Store(s.relay.now.Load())
	s.controls.Store(-10 * protocol.MaxControlRate) // those that piled up meanwhile are no flood
	s.paused.Store(false)
	return err
}

// toClient sends a server's messages to this client. A server's reads never wait
// for a client: one that is too slow is cut (B16).
func (s *session) toClient(bytes []byte, frames int) {
	switch s.out.send(bytes, frames, nil) {
	case nil:
	case errFull:
		s.relay.countDrop(DropClientSlow, frames)
		s.close(protocol.CodeTooSlow, "too much waits for you: read faster, or take the data over a data channel")
	default:
		s.relay.countDrop(DropAbsent, frames)
	}
}
