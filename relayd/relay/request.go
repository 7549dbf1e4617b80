package relay

import (
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// request does what a server asks of the relay, and answers (D7).
func (s *session) request(typ string, message []byte) {
	request, wrong := protocol.ParseRequest(typ, message)
	mark := ""
	if wrong == "" {
		mark, wrong = s.grant(typ, request)
	}
	answer := protocol.AppendAnswer(nil, protocol.Answer{Number: request.Number, Error: wrong, Mark: mark})
	_ = s.conn.Send(relayFrame(protocol.TypeRelayAnswer, answer), 1, nil) // who does not read gets no answer
}

// grant does it, or says why not.
func (s *session) grant(typ string, request protocol.Request) (mark, wrong string) {
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
		return s.relay.kick(l, request, "the server has sent this peer away")
	case protocol.TypeRelayDoor:
		l.room.SetClosed(request.Closed)
	case protocol.TypeRelayInfo:
		l.room.SetInfo(slices.Clone(request.ServerInfo))
	}
	return "", ""
}
