package relay

import (
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A route is the destination of a message.
type route struct {
	to   *session
	news bool // the receiver must first be told of the sender (P2)
}

// route finds the receiver of a message from s.
func (l *lobby) route(s *session, to []byte) (r route, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if s.server {
		r.to, r.news, ok = l.room.ToClient(s, to)
	} else {
		r.to, r.news, ok = l.room.ToServer(s.seat, s, to)
	}
	return r, ok
}

// deliver sends frames of s to the session that route found. If one of the two has lost its
// place since, it fails with ErrGone: the receiver has been told, and nothing of the old
// connection may follow (P2, R5). Otherwise it fails as Conn.Send does.
func (l *lobby) deliver(s, to *session, bytes []byte, frames int) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if !s.seat.Has(s) || !to.seat.Has(to) {
		return wsconn.ErrGone
	}
	s.markCarried(to)
	err := to.conn.Send(bytes, frames, s.share)
	if err == nil {
		s.moved.delivered(frames, len(bytes))
	}
	return err
}

// deliverNews is deliver to a server that must first be told of the client. It sends both in
// one piece. Without frames it sends the presence message alone.
func (l *lobby) deliverNews(s, server *session, bytes []byte, frames int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !s.seat.Has(s) || !server.seat.Has(server) {
		return wsconn.ErrGone
	}
	n, first := l.room.NewsOf(s.seat)
	messages, size := frames, len(bytes)
	if first {
		bytes, frames = append(server.notice(n), bytes...), frames+1
	}
	if frames == 0 {
		return nil
	}
	s.markCarried(server)
	err := server.conn.Send(bytes, frames, s.share)
	if err == nil && first {
		l.room.ToldOf(s.seat)
	}
	if err == nil {
		s.moved.delivered(messages, size)
	}
	return err
}

// tellServerOf tells the server of its clients and reports whether it now knows the state of this
// one.
func (l *lobby) tellServerOf(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tellServer()
	_, owed := l.room.NewsOf(s.seat)
	return !owed
}

// tellOfServer is tellServerOf for a client and the state of its server.
func (l *lobby) tellOfServer(client *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !client.seat.Has(client) || l.tellClient(client.seat)
}

// tellServer sends the server the presence messages about its clients that its outbox
// takes, and the rest when the outbox has capacity again (P2). With mu held.
func (l *lobby) tellServer() {
	server := l.room.Server()
	if !server.Present() {
		return
	}
	s := server.Conn
	for n, more := l.room.News(); more; n, more = l.room.News() {
		// Set owed before the attempt: after a failure the writer may free capacity, read
		// owed and end before this goroutine continues.
		s.owed.Store(true)
		if s.conn.Send(s.notice(n), 1, nil) != nil {
			return
		}
		l.room.Told()
	}
	s.owed.Store(false)
}

// tellClient sends a client the presence message about its server, if there is one. It
// returns false if the outbox is full. With mu held.
func (l *lobby) tellClient(m *room.Member[*session]) bool {
	if !m.Present() {
		return true
	}
	s := m.Conn
	if n, more := l.room.HostNews(m); more {
		s.owed.Store(true) // before the attempt, as above
		if s.conn.Send(s.notice(n), 1, nil) != nil {
			return false
		}
		l.room.HostTold(m)
	}
	s.owed.Store(false)
	return true
}

// tellClients calls tellClient for all clients. With mu held.
func (l *lobby) tellClients() {
	for m := range l.room.Clients() {
		l.tellClient(m)
	}
}

// Writable sends the presence messages for which the outbox had no capacity.
func (s *session) Writable() {
	if !s.owed.Load() {
		return
	}
	s.lobby.mu.Lock()
	defer s.lobby.mu.Unlock()
	switch {
	case !s.seat.Has(s):
	case s.server:
		s.lobby.tellServer()
	default:
		s.lobby.tellClient(s.seat)
	}
}

// notice returns the frame of a presence message, as this session's protocol has it.
func (s *session) notice(n room.Notice) []byte {
	switch {
	case n.Type == protocol.TypeRelayPresent:
		return relayFrame(n.Type, []byte("{}"))
	case s.v1:
		if n.Until > 0 { // the rest of the window
			n.Window = int(max(0, n.Until-s.relay.clock()+999) / 1000)
		}
		return relayFrame(n.Type, protocol.AppendPresence(nil, n.Type, n.Presence))
	}
	return relayFrame(n.Type, protocol.AppendPeer(nil, n.ID))
}

// loseSight closes clients whose server is away: a base client at once (P5), a v1 client at
// the end of the window. The close is not final: the server may have resumed elsewhere (R11).
func loseSight(clients []*session) {
	closeAll(clients, protocol.CodeServerAway, "the server is away and may come back: connect again in a while")
}

// closeAll closes clients of one server with one line in the log.
func closeAll(clients []*session, code protocol.Code, reason string) {
	all := &together{clients: len(clients)}
	for _, s := range clients {
		s.closeWith(code, reason, all)
	}
}

// loseServer closes clients whose server is gone (B15).
func loseServer(clients []*session, notice room.Notice) {
	all := &together{clients: len(clients)}
	for _, s := range clients {
		_ = s.conn.Force(s.notice(notice))
		s.closeWith(protocol.CodeServerGone, "the server has left, and its ID will not come back", all)
	}
}
