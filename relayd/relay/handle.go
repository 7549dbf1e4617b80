package relay

import "github.com/sebas642/intercessor/protocol"

// handle carries one message to its receiver, or gives the *protocol.Error that
// the sender is closed with.
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
		s.relay.countDrop(DropAbsent)
		return nil
	}
	frame := appendDelivery(m.out[:0], s.id, envelope.Type, envelope.Message)
	if receiver == s.host {
		s.toServer(frame)
	} else {
		receiver.toClient(frame)
	}
	return nil
}

var wrongSender = &protocol.Error{Code: protocol.CodeWrongSender, Reason: `field "from" must be your own ID, as HELLO told it, or be left out`}

// toServer sends a client's message to its server. While the server's outbox
// has no room for it, this client's reads wait, nobody else's; not for ever,
// though, and a frame that found no room in time is dropped (B17).
func (s *session) toServer(frame []byte) {
	err := s.host.out.send(frame, &s.waits)
	if err == errFull {
		s.paused.Store(true)
		err = s.host.out.sendWithin(s.relay.config.HoldWithin, frame, &s.waits)
		s.heard.Store(s.relay.now.Load())
		s.paused.Store(false)
	}
	switch err {
	case nil:
	case errFull:
		s.relay.countDrop(DropServerSlow)
	default:
		s.relay.countDrop(DropAbsent)
	}
}

// toClient sends a server's message to this client. A server's reads never wait
// for a client: one that is too slow is cut (B16).
func (s *session) toClient(frame []byte) {
	switch s.out.send(frame, nil) {
	case nil:
	case errFull:
		s.relay.countDrop(DropClientSlow)
		s.close(protocol.CodeTooSlow, "too much waits for you: read faster, or take the data over a data channel")
	default:
		s.relay.countDrop(DropAbsent)
	}
}
