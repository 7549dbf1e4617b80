package relay

import (
	"net/http"

	"github.com/sebas642/intercessor/protocol"
)

func (r *Relay) serveServer(w http.ResponseWriter, request *http.Request) {
	if s := r.upgrade(w, request); s != nil {
		s.lobby = newLobby(s)
		r.start(s, r.runServer)
	}
}

func (r *Relay) serveClient(w http.ResponseWriter, request *http.Request) {
	if s := r.upgrade(w, request); s != nil {
		if s.lobby = r.find(protocol.ID(request.PathValue("id"))); s.lobby != nil {
			s.host = s.lobby.server
		}
		r.start(s, r.runClient)
	}
}

// runServer is a server's life: its room opens, and closes behind it.
func (r *Relay) runServer(s *session) {
	// Open before HELLO: the server may pass its ID on the moment it has it. And
	// HELLO is still the first message, because nobody knows the ID before.
	r.open(s.lobby)
	r.hello(s)
	r.log.joined(s)

	s.read()

	r.shut(s.lobby)
	gone := relayFrame(protocol.TypePeerGone, protocol.AppendPeer(nil, s.id))
	for _, client := range s.lobby.close() {
		_ = client.out.force(gone)
		client.close(protocol.CodeServerGone, serverLeft)
	}
	r.log.left(s)
}

// runClient is a client's life. The server hears PEER_JOINED before the first
// message of the client and PEER_GONE after its last, because they all go
// through the server's outbox from this goroutine.
func (r *Relay) runClient(s *session) {
	if s.lobby == nil {
		s.close(protocol.CodeNoSuchServer, "no server with this ID is connected")
		return
	}
	r.hello(s)
	if !s.lobby.join(s) {
		s.close(protocol.CodeServerGone, serverLeft)
		return
	}
	joined := relayFrame(protocol.TypePeerJoined, protocol.AppendPeer(nil, s.id))
	if s.host.out.sendWithin(r.config.PauseWithin, joined, &s.waits) == errFull {
		s.lobby.leave(s) // unheard of: its server is not told
		s.close(protocol.CodeOverloaded, "the server has too much to read just now: try again in a while")
		return
	}
	r.log.joined(s)

	s.read()

	if s.lobby.leave(s) {
		_ = s.host.out.force(relayFrame(protocol.TypePeerGone, protocol.AppendPeer(nil, s.id)))
	}
	r.log.left(s)
}

const serverLeft = "the server has left, and its ID will not come back"

// hello is the first message on every connection that has a room.
func (r *Relay) hello(s *session) {
	_ = s.out.send(relayFrame(protocol.TypeHello, protocol.AppendHello(nil, protocol.Hello{ID: s.id})), nil)
}

// relayFrame makes a message of the relay's own.
func relayFrame(typ string, body []byte) []byte {
	return appendDelivery(nil, protocol.RelayID, []byte(typ), body)
}
