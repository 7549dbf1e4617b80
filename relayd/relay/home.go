package relay

import (
	"iter"
	"net"
	"slices"
	"time"
	"unique"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/quota"
)

// A Home is a room that is here because its server has been here.
type Home struct {
	Server  protocol.ID
	Order   protocol.Order // of the server's newest connection
	Present bool           // the server is connected
}

// Home returns the room of a server. It returns false for a room in which only clients wait.
func (r *Relay) Home(server protocol.ID) (Home, bool) {
	if l := r.find(server); l != nil {
		return l.home()
	}
	return Home{}, false
}

// Homes returns all rooms for which Home returns true, in no particular order. Rooms may come and
// end in between.
func (r *Relay) Homes() iter.Seq[Home] {
	return func(yield func(Home) bool) {
		for _, l := range r.lobbies() {
			if h, ok := l.home(); ok && !yield(h) {
				return
			}
		}
	}
}

func (l *lobby) home() (Home, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	server := l.room.Server()
	return Home{l.id, server.Order, server.Present()}, (server.Present() || server.Away()) && server.Order != protocol.Order{}
}

// Await makes this relay the home of a room whose server, with a connection of this order, may
// come back within the window. It opens the room beyond all limits: Visitor.Reserve has counted it
// before its claim was written, but perhaps for a shorter time.
func (r *Relay) Await(server protocol.ID, order protocol.Order) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.rooms[keyOf(server)]
	if l == nil {
		l = r.build(server, quota.Place{}) // its source may have left
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room.Server().Order == (protocol.Order{}) {
		l.room.Await(order, r.config.Window.Milliseconds(), r.clock())
	}
}

// Receive lets in a peer that another node has admitted, or closes the connection. The other node
// counts the connection and its source. done is called when the connection has ended.
func (r *Relay) Receive(socket net.Conn, v *Visitor, done func()) {
	s := &session{
		relay: r, server: v.Server, v1: v.Subprotocol == protocol.SubprotocolV1,
		reached: unique.Make(ice.ParseHost(v.Host)), source: v.Source, claim: claim{done: done},
		arrival: &arrival{began: time.Now(), asked: v.Asked, room: r.canonical(v.Asked), via: v.Via, found: true},
	}
	s.conn = r.conns.Answer(socket, v.Early, v.Key, v.Subprotocol, s)
	s.arrival.order.Random = v.Order.Random
	s.accept(v.Grant)
	switch {
	case v.Token != "":
		refused := s.verify(v.Order.Attempt, v.Token, nil)
		if refused != nil && refused.Code == protocol.CodeTokenRefused { // final only where the peer came to
			r.log.disagreed(v.Via, refused.Reason)
			refused = comeAgain(clockWait)
		}
		s.arrival.refused = refused
	case s.server: // it opens a room, and is let in where it comes
		s.arrival.refused = moved
	default:
		s.id = r.draw(false)
	}
	s.enter()
}

// IsRefused reports whether a newcomer that another node has admitted may be told there that no such
// room exists, because the room here does not admit it. Then it has guessed wrong at that node (B5).
func (r *Relay) IsRefused(v *Visitor) bool {
	l := r.find(v.Asked)
	if l == nil || v.Server || v.Token != "" || r.returning() {
		return false
	}
	l.mu.Lock()
	refused := l.room.Server().Present() && (!l.room.CanAdmit() || l.room.Bars() > 0 && l.isMarked(r, v.Source, v.Grant.Subject, r.clock()))
	l.mu.Unlock()
	return refused && r.isRefusal(v.Asked)
}

// Leave asks the peers that a node has admitted to leave within a duration, as Drain does: the node
// is about to end.
func (r *Relay) Leave(via string, within time.Duration) {
	var sessions []*session
	r.mu.Lock()
	for s, by := range r.received {
		if by == via {
			sessions = append(sessions, s)
		}
	}
	r.mu.Unlock()
	r.restart(sessions, within*3/4)
}

// GiveUp closes the room of a server that is elsewhere, if order is still that of its newest
// connection here, and returns false if not. The server's connection is closed with a code, or
// cut if the code is 0. The clients may come again at once. Nothing is said of presence.
func (r *Relay) GiveUp(server protocol.ID, order protocol.Order, code protocol.Code) bool {
	l := r.find(server)
	if l == nil {
		return false
	}
	l.mu.Lock()
	if l.room.Server().Order != order {
		l.mu.Unlock()
		return false
	}
	host, clients := l.room.Close()
	l.mu.Unlock()
	r.removeRoom(l)
	switch {
	case host == nil:
	case code == 0:
		host.conn.Cut()
	default:
		host.close(code, replaced)
	}
	r.sendAway(clients)
	return true
}

// sendAway closes clients whose room has moved. Beyond spreadFrom of them it takes a second, so
// that they do not come again all at once.
func (r *Relay) sendAway(clients []*session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(clients) <= spreadFrom || r.closing {
		closeAll(clients, moved.Code, moved.Reason)
		return
	}
	r.running.Go(func() {
		const steps = 20
		step := time.NewTicker(time.Second / steps)
		defer step.Stop()
		for part := range slices.Chunk(clients, (len(clients)+steps-1)/steps) {
			closeAll(part, moved.Code, moved.Reason)
			select {
			case <-step.C:
			case <-r.life.Done(): // Shutdown has closed them
			}
		}
	})
}

const spreadFrom = 100

// Waits reports whether clients wait for the server of a room that is not here.
func (r *Relay) Waits(server protocol.ID) bool {
	l := r.find(server)
	if l == nil {
		return false
	}
	_, here := l.home()
	return !here
}
