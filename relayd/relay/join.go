package relay

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// lateWithin is the least time within which a peer that comes during a drain is asked to leave. A client
// whose server is away comes back here, and would come ever faster towards the end of the drain.
const lateWithin = 2 * time.Second

// start lets a session in, in the goroutine of its handshake, and starts the goroutine
// that reads from it. Shutdown waits for that one. It is a new goroutine because it
// starts with a small stack: the handshake has grown its own, and an idle peer would keep
// that.
func (r *Relay) start(s *session) {
	enter, leave := r.enterClient, r.leaveClient
	if s.server {
		enter, leave = r.enterServer, r.leaveServer
	}
	leaveBy, ok := r.add(s)
	if !ok {
		s.close(protocol.CodeRestarting, restarting)
		s.conn.Finish()
		s.claim.release()
		r.log.ended(s, false)
		return
	}
	entered := enter(s)
	if entered {
		s.admitted()
		r.countEntry(s, s.arrival.resumed)
		r.log.joined(s)
	}
	s.arrival = nil
	s.inRoom.Store(entered)
	if !leaveBy.IsZero() && entered {
		r.restart([]*session{s}, max(lateWithin, time.Until(leaveBy)))
	}
	go func() {
		defer r.running.Done()
		if entered {
			s.readFailed(s.conn.Read())
			leave(s) // before a peer that has closed hears the answer
		}
		s.conn.Finish()
		s.claim.release()
		r.remove(s)
		r.log.ended(s, entered) // last, because it may block
	}()
}

// add registers a session with Shutdown and the sweeper. It returns false if the relay is
// shutting down. If leaveBy is not zero, Drain came before the session, which is to leave until
// then.
func (r *Relay) add(s *session) (leaveBy time.Time, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	via := s.arrival.via
	if r.closing || r.isDraining() && via == "" {
		return leaveBy, false
	}
	r.sessions[s] = struct{}{}
	if via != "" {
		r.received[s] = via
	}
	r.running.Add(1)
	return r.leaveBy, true
}

func (r *Relay) remove(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.moved.addTo(&r.past)
	delete(r.sessions, s)
	delete(r.received, s)
}

func (r *Relay) serveServer(w http.ResponseWriter, request *http.Request) {
	if s := r.upgrade(w, request, ""); s != nil {
		s.come(request)
	}
}

func (r *Relay) serveClient(w http.ResponseWriter, request *http.Request) {
	if s := r.upgrade(w, request, protocol.ID(request.PathValue("id"))); s != nil {
		s.come(request)
	}
}

// serveInPlace is ServeHTTP for a handshake that net/http has not seen. If net/http must
// serve the request, it returns false and changes nothing.
func (r *Relay) serveInPlace(conn *wsconn.PlainConn, request *http.Request) bool {
	id := ""
	if path := request.URL.Path; path != "/server" {
		var ok bool
		if id, ok = strings.CutPrefix(path, "/client/"); !ok || id == "" || strings.Contains(id, "/") {
			return false
		}
	}
	s := r.upgradeInPlace(conn, request, protocol.ID(id))
	if s != nil {
		s.come(request)
	}
	return s != nil
}

// enterServer opens a server's room, or gives the server its place back. It closes the
// session and returns false if the server may not come in.
func (r *Relay) enterServer(s *session) bool {
	if refused := s.arrival.refused; refused != nil {
		s.close(refused.Code, refused.Reason)
		return false
	}
	for {
		l, refused := r.roomOf(s)
		if refused != nil {
			s.close(refused.Code, refused.Reason)
			return false
		}
		s.lobby = l
		switch l.claimServer(s) {
		case room.Admitted:
			return true
		case room.Replaced:
			s.close(protocol.CodeReplaced, replaced)
			return false
		}
		r.removeRoom(l) // the room has just ended: open another
		s.arrival.found = r.config.Cluster != nil
	}
}

const replaced = "a newer connection uses this ID: this one has ended for good"

// claimServer gives the session the server's place. It sends HELLO and the presence
// messages behind it before any other message of the room (B7, P3).
func (l *lobby) claimServer(s *session) room.Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, verdict := l.room.ClaimServer(s.arrival.order, s.v1, s.arrival.resumed, s)
	if verdict != room.Admitted {
		return verdict
	}
	s.seat = l.room.Server()
	l.keep(s.relay, s.arrival.kicked)
	l.room.SetMost(cmp.Or(s.arrival.grant.Clients, s.relay.settings.Load().Limits.RoomClients))
	s.hello()
	if before != nil {
		before.close(protocol.CodeReplaced, replaced)
	}
	l.tellServer()
	l.tellClients()
	return verdict
}

// leaveServer ends a server's connection. If the server is gone, its room closes. If it
// is away, its base clients are closed (P5).
func (r *Relay) leaveServer(s *session) {
	l := s.lobby
	l.mu.Lock()
	clients, gone := l.room.LeaveServer(s, s.howItEnded(), r.clock())
	over := false
	if !gone {
		l.tellClients()
		over = r.tooManyAway() && l.room.GiveUp()
	}
	l.mu.Unlock()
	switch {
	case gone:
		r.endRoom(l, clients)
		return
	case over:
		r.forget(l)
	}
	loseSight(clients)
	r.mayWait(l)
}

// findRoom finds the room that a client asks for. For a client with a resume token it opens a
// missing room, because the relay may have restarted (R11). The error closes the connection.
func (s *session) findRoom() (refused *protocol.Error) {
	if s.arrival.resumed {
		s.lobby, refused = s.relay.rejoin(s.arrival.room, s)
	} else {
		s.lobby = s.relay.find(s.arrival.room)
	}
	return refused
}

// enterClient lets a client into its server's room, or closes it and returns false. The
// server hears of the client before its first message and of its end after its last,
// because the client's reads happen in between (B14).
func (r *Relay) enterClient(s *session) bool {
	if refused := s.arrival.refused; refused != nil {
		s.close(refused.Code, refused.Reason)
		return false
	}
	verdict := room.NotThere
	if s.lobby != nil {
		verdict = r.claimNew(s)
	}
	for verdict == room.NotThere && s.arrival.resumed {
		if refused := r.reopen(s); refused != nil {
			s.close(refused.Code, refused.Reason)
			return false
		}
		verdict = s.lobby.claimClient(s)
	}
	switch verdict {
	case room.NotThere:
		r.notThere(s)
		return false
	case room.Replaced:
		s.close(protocol.CodeReplaced, replaced)
		return false
	case room.Kicked:
		s.close(protocol.CodeKicked, "the server has removed this peer")
		return false
	}
	s.arrival.guess.Right()
	if !s.arrival.resumed && !s.lobby.tellServerOf(s) && s.push(nil, 0) == wsconn.ErrFull {
		s.close(protocol.CodeOverloaded, "the server is too slow at the moment: try again in a while")
		r.leaveClient(s)
		return false
	}
	return true
}

func (l *lobby) claimClient(s *session) room.Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isBarred(s) {
		if s.arrival.resumed {
			return room.Kicked
		}
		return room.NotThere
	}
	seat, before, verdict := l.room.ClaimClient(s.id, s.arrival.order, s.v1, !s.arrival.resumed, s)
	if verdict != room.Admitted {
		return verdict
	}
	s.seat = seat
	seat.Source, seat.Subject = s.source, s.subject
	s.hello()
	if before != nil {
		before.close(protocol.CodeReplaced, replaced)
	}
	l.tellClient(seat)
	l.tellServer()
	return verdict
}

// leaveClient ends a client's connection and tells its server.
func (r *Relay) leaveClient(s *session) {
	l := s.lobby
	l.mu.Lock()
	over := false
	if l.room.LeaveClient(s.seat, s, s.howItEnded(), r.clock()) {
		l.tellServer()
		if r.tooManyAway() {
			l.room.Forget(s.seat)
			over = l.room.GiveUp()
		}
	}
	l.mu.Unlock()
	if over {
		r.forget(l)
	}
	r.mayWait(l)
}

// notThere closes a client whose room is not open to it. All such rooms get the same
// answer, whether they exist or not (B5, R10).
func (r *Relay) notThere(s *session) {
	awaited := s.lobby != nil && s.lobby.isAwaited()
	if awaited {
		s.arrival.guess.Right() // the ID is that of a room
	} else {
		s.wrong()
	}
	if awaited || r.returning() || !r.isRefusal(s.arrival.room) {
		s.close(protocol.CodeServerAway, serverAway)
		return
	}
	s.close(protocol.CodeNoSuchServer, noServer)
}

const (
	serverAway = "the server is not connected at the moment: try again in a while"
	noServer   = "no server with this ID is connected"
)

// isAwaited reports whether the server is away.
func (l *lobby) isAwaited() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.room.Awaited()
}

// claimNew is claimClient, and draws another ID as long as the newcomer's is taken.
func (r *Relay) claimNew(s *session) room.Verdict {
	for {
		verdict := s.lobby.claimClient(s)
		if verdict != room.Taken {
			return verdict
		}
		r.mu.Lock()
		s.id = r.draw(false)
		r.mu.Unlock()
	}
}
