package relay

import (
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// request executes a peer's request to the relay and sends the answer (D7).
func (s *session) request(typ string, message []byte) {
	request, wrong := protocol.ParseRequest(typ, message)
	mark := ""
	if wrong == "" {
		mark, wrong = s.grant(typ, request)
	}
	answer := protocol.AppendAnswer(nil, protocol.Answer{Number: request.Number, Error: wrong, Mark: mark})
	_ = s.conn.Send(relayFrame(protocol.TypeRelayAnswer, answer), 1, nil) // a full outbox loses the answer
}

// grant executes a request, or returns the error for RELAY_ANSWER.
func (s *session) grant(typ string, request protocol.Request) (mark, wrong string) {
	if typ == protocol.TypeRelayOutcome {
		s.relay.countOutcome(*request.Path)
		return "", ""
	}
	if !s.server {
		return "", "denied"
	}
	l := s.lobby
	l.mu.Lock()
	defer l.mu.Unlock()
	if !s.seat.Has(s) {
		return "", "denied" // a newer connection speaks for the server
	}
	switch typ {
	case protocol.TypeRelayKick:
		return s.relay.kick(l, request, "the server has removed this peer")
	case protocol.TypeRelayDoor:
		l.room.SetClosed(request.Closed)
	case protocol.TypeRelayInfo:
		l.room.SetInfo(slices.Clone(request.ServerInfo))
	}
	return "", ""
}
