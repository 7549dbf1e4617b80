package relay

import "github.com/sebas642/intercessor/protocol"

// carries marks that a message goes from one session to another.
func (s *session) carries(to *session) {
	now := s.relay.conns.Now()
	for _, who := range [...]*session{s, to} {
		if who.carried.Load() != now { // most messages find it so, and a load is cheap
			who.carried.Store(now)
		}
	}
}

// outlived closes a session that has been there for as long as it may, and reports
// whether it did (B55). Called by the sweeper.
func (s *session) outlived(now int64, l limits) bool {
	if !s.inRoom.Load() {
		return false
	}
	if s.placed == 0 {
		s.placed, s.company = now, now
	}
	switch {
	case l.life > 0 && now-s.placed > l.life:
		s.close(protocol.CodeRenew, "this connection has lasted as long as one may here: connect again")
	case l.idle > 0 && !s.server && !s.conn.Paused() && now-max(s.placed, s.carried.Load()) > l.idle:
		s.close(protocol.CodeIdle, "no message has gone to or from this client for as long as that may be")
	case l.alone > 0 && s.server && now-s.lastCompany(now) > l.alone:
		s.close(protocol.CodeIdle, "no client has been with this server for as long as that may be")
	default:
		return false
	}
	return true
}

// lastCompany is when a server last had a client.
func (s *session) lastCompany(now int64) int64 {
	l := s.lobby
	if !l.mu.TryRLock() {
		return s.company // somebody comes, goes or talks: the next tick will tell
	}
	defer l.mu.RUnlock()
	if !l.room.Empty() {
		s.company = now
	}
	return s.company
}
