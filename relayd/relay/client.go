package relay

import (
	"net/http"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

func (r *Relay) serveClient(w http.ResponseWriter, request *http.Request) {
	asked := protocol.ID(request.PathValue("id"))
	id := r.spelt(asked)
	if s := r.upgrade(w, request, id); s != nil {
		s.arrival.asked = asked
		s.lobby = r.lobbyOf(s, id)
		r.start(s, r.enterClient, r.leaveClient)
	}
}

// lobbyOf finds the room that a client asks for. Who has a token gets one even if
// its server is not there: the relay may have been away itself (R11).
func (r *Relay) lobbyOf(s *session, id protocol.ID) *lobby {
	if s.arrival.resumed && s.arrival.refused == nil {
		l, refused := r.findOrOpen(s.arrival.room, s)
		s.arrival.refused = refused
		return l
	}
	return r.find(id)
}

// enterClient lets a client into its server's room, or closes it and reports
// false. The server hears of it before its first message, and of its end after its
// last, because the client is read only in between (B14).
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
		s.close(protocol.CodeKicked, "the server has sent this peer away")
		return false
	}
	s.arrival.guess.Right()
	if !s.arrival.resumed && !s.lobby.told(s) && s.push(nil, 0) == wsconn.ErrFull {
		s.close(protocol.CodeOverloaded, "the server has too much to read just now: try again in a while")
		r.leaveClient(s)
		return false
	}
	return true
}

func (l *lobby) claimClient(s *session) room.Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.barred(s) {
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

// leaveClient tells its server.
func (r *Relay) leaveClient(s *session) {
	l := s.lobby
	l.mu.Lock()
	over := false
	if l.room.LeaveClient(s.seat, s, s.howItEnded(), r.clock()) {
		l.tellServer()
		if r.tooMany() {
			l.room.Forget(s.seat)
			over = l.room.GiveUp()
		}
	}
	l.mu.Unlock()
	if over {
		r.shut(l)
	}
	r.mayWait(l)
}

// notThere is the one answer to everybody who asks for a room that is not open to
// it: not another word (B5, R10).
func (r *Relay) notThere(s *session) {
	awaited := s.lobby != nil && s.lobby.awaited()
	if awaited {
		s.arrival.guess.Right() // who knows its ID has not guessed wrong
	} else {
		s.wrong()
	}
	if awaited || r.returning() {
		s.close(protocol.CodeServerAway, "the server is not here just now: try again in a while")
		return
	}
	s.close(protocol.CodeNoSuchServer, "no server with this ID is connected")
}

// awaited says whether the server is away.
func (l *lobby) awaited() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.room.Awaited()
}
