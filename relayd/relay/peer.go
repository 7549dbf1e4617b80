package relay

import (
	"net/http"

	"github.com/sebas642/intercessor/protocol"
)

func (r *Relay) serveServer(w http.ResponseWriter, request *http.Request) {
	if s := r.upgrade(w, request); s != nil {
		s.lobby = newLobby(s)
		r.start(s, r.enterServer, r.leaveServer)
	}
}

func (r *Relay) serveClient(w http.ResponseWriter, request *http.Request) {
	if s := r.upgrade(w, request); s != nil {
		if s.lobby = r.find(protocol.ID(request.PathValue("id"))); s.lobby != nil {
			s.host = s.lobby.server
		}
		r.start(s, r.enterClient, r.leaveClient)
	}
}

// enterServer opens a server's room.
func (r *Relay) enterServer(s *session) bool {
	// Open before HELLO: the server may pass its ID on the moment it has it. And
	// HELLO is still the first message, because nobody knows the ID before.
	r.open(s.lobby)
	r.hello(s)
	r.log.joined(s)
	return true
}

// leaveServer closes a server's room behind it.
func (r *Relay) leaveServer(s *session) {
	r.shut(s.lobby)
	for _, client := range s.lobby.close() {
		client.loseServer(s)
	}
	r.log.left(s)
}

// loseServer tells a client that had HELLO that its server has left (B15).
func (s *session) loseServer(server *session) {
	_ = s.out.force(relayFrame(protocol.TypePeerGone, protocol.AppendPeer(nil, server.id)))
	s.close(protocol.CodeServerGone, "the server has left, and its ID will not come back")
}

// enterClient lets a client into its server's room, or closes it and reports
// false. The server hears PEER_JOINED before the first message of the client and
// PEER_GONE after its last, because the client is read only in between (B14).
func (r *Relay) enterClient(s *session) bool {
	if s.lobby == nil { // B5: not another word
		s.close(protocol.CodeNoSuchServer, "no server with this ID is connected")
		return false
	}
	r.hello(s)
	if !s.lobby.join(s) {
		s.loseServer(s.host)
		return false
	}
	joined := relayFrame(protocol.TypePeerJoined, protocol.AppendPeer(nil, s.id))
	err := s.host.out.send(joined, 1, &s.waits)
	if err == errFull {
		err = s.push(joined, 1)
	}
	if err == errFull || err == errGone {
		s.lobby.leave(s) // its server has not heard of it, and is not told (B14)
		s.close(protocol.CodeOverloaded, "the server has too much to read just now: try again in a while")
		return false
	}
	r.log.joined(s)
	return true
}

// leaveClient tells its server.
func (r *Relay) leaveClient(s *session) {
	if s.lobby.leave(s) {
		_ = s.host.out.force(relayFrame(protocol.TypePeerGone, protocol.AppendPeer(nil, s.id)))
	}
	r.log.left(s)
}

// hello is the first message on every connection that has a room (B7).
func (r *Relay) hello(s *session) {
	_ = s.out.send(relayFrame(protocol.TypeHello, protocol.AppendHello(nil, protocol.Hello{ID: s.id})), 1, nil)
}

// relayFrame makes a message of the relay's own.
func relayFrame(typ string, body []byte) []byte {
	return appendDelivery(nil, protocol.RelayID, []byte(typ), body)
}
