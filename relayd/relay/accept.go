package relay

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/http"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// upgrade makes the request a WebSocket, or answers it with an error and gives
// nil. What it refuses by an HTTP status is what no browser's page can cause;
// everything else is accepted and then closed, because a page cannot read the
// status of a refused upgrade (PROTOCOL.md, B2 to B6).
func (r *Relay) upgrade(w http.ResponseWriter, request *http.Request, server protocol.ID) *session {
	began := time.Now()
	if !wsconn.IsHandshake(request) {
		r.countRefused(RefusedHandshake)
		wsconn.Refuse(w, request)
		return nil
	}
	source := r.config.Proxies.Source(request)
	if !r.origins.Load().Admit(request) {
		r.countRefused(RefusedOrigin)
		r.log.refused(source, "origin not admitted")
		http.Error(w, "pages of this origin may not connect here: the relay's operator can add it with --origin, or with --host if it is the relay's own name", http.StatusForbidden)
		return nil
	}
	if err := admit.CheckSubprotocols(request); err != nil {
		r.countRefused(RefusedHandshake)
		r.log.refused(source, err.Error())
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil
	}
	claim, refused, ok := r.admit(w, source)
	if !ok {
		return nil
	}
	subprotocol := admit.Subprotocol(request)
	s := &session{
		relay:  r,
		v1:     subprotocol == protocol.SubprotocolV1,
		source: source,
		claim:  claim,
	}
	conn, err := r.conns.Upgrade(w, request, subprotocol, s)
	if err != nil {
		claim.release()
		r.countRefused(RefusedHandshake)
		r.log.refused(source, err.Error())
		return nil
	}
	s.conn = conn
	s.arrival = &arrival{began: began}
	s.arrival.order.Random = random()
	if s.arrival.refused = refused; refused == nil {
		s.arrival.refused = s.identify(request, server)
	}
	if s.arrival.refused == nil {
		s.arrival.refused = s.authorize(request, server)
	}
	if s.arrival.refused == nil && !s.arrival.resumed {
		s.id = r.draw(server == "")
		if server != "" {
			s.arrival.refused = s.guess()
		}
	}
	return s
}

// An arrival is what a handshake says of who comes. Nobody needs it once the peer
// is in.
type arrival struct {
	began   time.Time
	order   protocol.Order  // among the connections of its ID (R5)
	asked   protocol.ID     // the room that a client has asked for, in its own spelling (B52)
	resumed bool            // it has presented a token
	room    protocol.ID     // the room of a client's token, as it is spelt everywhere (B52); "" without one
	guess   admit.Guess     // what it costs that a newcomer asks for a room
	grant   admit.Grant     // what it gets with HELLO
	refused *protocol.Error // why it is not let in
}

// identify finds out who comes back, by the token that it presents (R2 to R5).
// Server is the room that a client asks for, "" for a server. The error is what the
// peer is closed with (R8).
func (s *session) identify(request *http.Request, server protocol.ID) *protocol.Error {
	if !s.v1 {
		return nil // R3
	}
	attempt, token, found, err := admit.Credential(request)
	if err == nil && !found {
		return nil
	}
	var identity admit.Identity
	now, later := s.relay.dates()
	if err == nil {
		identity, err = s.relay.config.Tokens.Verify(token, now)
	}
	if err == admit.ErrTokenExpired {
		if refused := s.relay.expired(identity, now); refused != nil {
			return refused
		}
		err = nil
	}
	if err == nil && (identity.Server != (server == "") || !identity.Server && keyOf(identity.Room) != keyOf(server)) {
		err = errOtherPlace
	}
	if err != nil {
		s.relay.countRefused(RefusedToken)
		return &protocol.Error{Code: protocol.CodeTokenRefused, Reason: err.Error()}
	}
	s.relay.lookAhead(identity, later)
	s.id, s.arrival.resumed = identity.ID, true
	if server != "" {
		s.arrival.room = identity.Room
	}
	s.arrival.order.Generation, s.arrival.order.Attempt = identity.Generation, attempt
	return nil
}

var errOtherPlace = errors.New("the resume token is of another role or another room")

// random draws the last of the three numbers that order connections. It is not 0, so
// that no connection has the order of one that the relay has never seen (R11).
func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return binary.BigEndian.Uint64(b[:])%protocol.MaxNumber + 1
}
