package relay

import (
	"cmp"
	"net/http"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

func (r *Relay) serveServer(w http.ResponseWriter, request *http.Request) {
	if s := r.upgrade(w, request, ""); s != nil {
		s.server = true
		r.start(s, r.enterServer, r.leaveServer)
	}
}

// enterServer opens a server's room, or gives the server back its place there.
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
		r.shut(l) // it has ended this moment: open another
	}
}

const replaced = "a newer connection has taken this ID: this one is over for good"

// claimServer sends HELLO and what follows it, in this order and before anything
// else that the room says (B7, P3).
func (l *lobby) claimServer(s *session) room.Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, verdict := l.room.ClaimServer(s.arrival.order, s.v1, s.arrival.resumed, s)
	if verdict != room.Admitted {
		return verdict
	}
	s.seat = l.room.Server()
	l.room.SetMost(cmp.Or(s.arrival.grant.Clients, s.relay.limits.Load().RoomClients))
	s.hello()
	if before != nil {
		before.close(protocol.CodeReplaced, replaced)
	}
	l.tellServer()
	l.tellClients()
	return verdict
}

// leaveServer ends a server's connection. If the server is gone its room closes
// behind it; if it is away, its base clients end with it (P5).
func (r *Relay) leaveServer(s *session) {
	l := s.lobby
	l.mu.Lock()
	clients, last := l.room.LeaveServer(s, s.howItEnded(), r.clock())
	if !last {
		l.tellClients()
		last = r.tooMany() && l.room.GiveUp()
	}
	notice := l.room.ServerGone()
	l.mu.Unlock()
	if last {
		r.shut(l)
		loseServer(clients, notice)
	} else {
		loseSight(clients)
	}
	r.mayWait(l)
}

// loseSight ends clients whose server is away: a base client at once (P5), a v1 client when
// the window is over. The server may have resumed elsewhere, so that this is not final (R11).
func loseSight(clients []*session) {
	all := &together{clients: len(clients)}
	for _, s := range clients {
		s.closeWith(protocol.CodeServerAway, "the server is away and may come back: connect again in a while", all)
	}
}

// loseServer ends clients whose server is gone (B15).
func loseServer(clients []*session, notice room.Notice) {
	all := &together{clients: len(clients)}
	for _, s := range clients {
		_ = s.conn.Force(s.notice(notice))
		s.closeWith(protocol.CodeServerGone, "the server has left, and its ID will not come back", all)
	}
}
