// Package room holds the state of a room: its peers, which of them may reach each other, and
// which presence messages they must get. It is pure state without clock, lock, log or I/O, so
// that tests can call it in every order. A Room that is shared between goroutines needs a
// lock. Times are milliseconds of the caller's clock.
package room

import (
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// A Room is one server and its clients: a star, in which a client reaches only its
// server (PROTOCOL.md, B9). M is a connection.
type Room[M comparable] struct {
	server  Member[M]
	clients map[protocol.ID]*Member[M]
	news    []*Member[M] // clients that the server has news of; nil is RELAY_PRESENT (P2, P3)
	absent  int          // clients that are away

	most   int                   // the maximum of clients; 0 means no limit
	closed bool                  // to newcomers (D7)
	info   []byte                // serverInfo for HELLO (D7)
	kicked map[protocol.ID]int64 // IDs and marks that are kept out, and until when
}

// A Verdict says whether a connection is admitted.
type Verdict int

const (
	Admitted Verdict = iota
	NotThere         // no server, or none for newcomers
	Replaced         // a connection of a higher order is known (R5)
	Kicked
	Taken // the newcomer's ID belongs to another peer of the room
)

// MaxKicked bounds how many kicks a room remembers. A client whose kick was forgotten is
// kicked again by the server when it comes back (P7).
const MaxKicked = 4096

// New makes the room of a server that is not connected yet. It waits for the server for
// wait milliseconds (R11).
func New[M comparable](server protocol.ID, wait, now int64) *Room[M] {
	r := &Room[M]{server: Member[M]{ID: server, V1: true}, clients: make(map[protocol.ID]*Member[M])}
	r.server.leave(End{Away: true, Wait: wait}, now)
	return r
}

// Await waits for the server for wait milliseconds, as if its connection of this order had ended
// here now. It is for a room whose server has not been here.
func (r *Room[M]) Await(order protocol.Order, wait, now int64) {
	r.server.Order = order
	r.server.leave(End{Away: true, Wait: wait}, now)
}

// Server returns the server's place.
func (r *Room[M]) Server() *Member[M] { return &r.server }

// Info returns what the server left for its clients, nil if nothing.
func (r *Room[M]) Info() []byte { return r.info }

// SetMost limits the number of clients. 0 means no limit. Clients in the room stay, and
// may resume.
func (r *Room[M]) SetMost(clients int) { r.most = clients }

// SetInfo sets what HELLO tells clients (D7).
func (r *Room[M]) SetInfo(info []byte) { r.info = info }

// SetClosed closes the room to newcomers, or opens it (D7).
func (r *Room[M]) SetClosed(closed bool) { r.closed = closed }

// ClaimServer gives the server's place to a connection and returns the one that had it,
// the zero M if none. After a resume the server is told of every client that is present,
// and each client that the server is back (P1, P3).
func (r *Room[M]) ClaimServer(order protocol.Order, v1, resumed bool, conn M) (before M, v Verdict) {
	if r.server.state == gone {
		return before, NotThere
	}
	if order.Compare(r.server.Order) < 0 {
		return before, Replaced
	}
	before = r.server.Conn
	r.server.take(order, v1, conn)
	// Drop a RELAY_PRESENT queued for the connection before: this one has not been told
	// of all clients yet.
	r.news = slices.DeleteFunc(r.news, func(m *Member[M]) bool { return m == nil })
	marks := len(r.news)
	for _, m := range r.clients {
		m.hinted = false
		if m.state == present {
			m.stale = true
			r.queue(m)
		}
	}
	r.inOrder(marks)
	if resumed {
		r.news = append(r.news, nil)
	}
	return before, Admitted
}

// ClaimClient gives a client's place to a connection. A newcomer has no token.
func (r *Room[M]) ClaimClient(id protocol.ID, order protocol.Order, v1, newcomer bool, conn M) (m *Member[M], before M, v Verdict) {
	_, kicked := r.kicked[id]
	if kicked && !newcomer {
		return nil, before, Kicked
	}
	if r.server.state == gone || newcomer && !r.CanAdmit() {
		return nil, before, NotThere
	}
	m = r.clients[id]
	if newcomer && (m != nil || kicked || id == r.server.ID) {
		return nil, before, Taken
	}
	switch {
	case m == nil:
		m = &Member[M]{ID: id}
		r.clients[id] = m
	case order.Compare(m.Order) < 0:
		return nil, before, Replaced
	case m.state == away:
		r.absent--
	}
	before = m.Conn
	m.take(order, v1, conn)
	m.stale = r.server.state == away
	r.queue(m)
	return m, before, Admitted
}

// CanAdmit reports whether a newcomer may come in.
func (r *Room[M]) CanAdmit() bool { return !r.closed && !r.full() && r.server.state == present }

// full reports whether newcomers are refused. They get the same answer as at a closed
// room (B5).
func (r *Room[M]) full() bool { return r.most > 0 && len(r.clients) >= r.most }

// LeaveClient ends a connection of a client. It returns false for a connection that has
// already lost its place: then there is nothing to tell.
func (r *Room[M]) LeaveClient(m *Member[M], conn M, end End, now int64) bool {
	if !m.Has(conn) || r.clients[m.ID] != m {
		return false
	}
	m.leave(end, now)
	if end.Away {
		r.absent++
	}
	r.queue(m)
	return true
}

// LeaveServer ends a connection of the server. It returns the connections that end with
// it: those of all clients if the server is gone, those of base clients if it is away
// (P5). Last reports that the room has ended.
func (r *Room[M]) LeaveServer(conn M, end End, now int64) (out []M, last bool) {
	if !r.server.Has(conn) {
		return nil, false
	}
	r.server.leave(end, now)
	if !end.Away {
		return r.end(), true
	}
	for _, m := range r.clients {
		m.hinted = false
		switch {
		case m.state != present:
		case m.V1:
			m.stale = true
		default:
			out = append(out, m.Conn)
			m.leave(Left(), now)
			delete(r.clients, m.ID)
			r.queue(m)
		}
	}
	return out, false
}

// end ends the room and returns the clients' connections.
func (r *Room[M]) end() (out []M) {
	for _, m := range r.clients {
		if m.state == present {
			out = append(out, m.Conn)
		}
	}
	r.clients, r.news, r.absent = nil, nil, 0
	return out
}

// Close ends the room and returns its connections.
func (r *Room[M]) Close() (server M, clients []M) {
	server = r.server.Conn
	r.server.leave(End{Reason: "kicked"}, 0)
	return server, r.end()
}

// Bar keeps a client out until a time, by its ID and by the caller's other names for it.
// At most this many names are remembered; beyond that, any others are forgotten.
func (r *Room[M]) Bar(until int64, most int, names ...protocol.ID) {
	if r.kicked == nil {
		r.kicked = make(map[protocol.ID]int64)
	}
	for _, name := range names {
		r.kicked[name] = until
	}
	for other := range r.kicked {
		if len(r.kicked) <= most {
			return
		}
		if !slices.Contains(names, other) {
			delete(r.kicked, other)
		}
	}
}

// Barred reports whether a client is kept out now, and forgets an expired entry.
func (r *Room[M]) Barred(id protocol.ID, now int64) bool {
	until, out := r.kicked[id]
	if out && now >= until {
		delete(r.kicked, id)
		return false
	}
	return out
}

// ForgetBars removes all expired entries.
func (r *Room[M]) ForgetBars(now int64) {
	maps.DeleteFunc(r.kicked, func(_ protocol.ID, until int64) bool { return now >= until })
}

// Bars returns how many names are kept out.
func (r *Room[M]) Bars() int { return len(r.kicked) }

// Kick removes a client and returns its connection, if any (D7). Without an earlier Bar
// the client is kept out without a time limit.
func (r *Room[M]) Kick(id protocol.ID) (conn M) {
	if _, out := r.kicked[id]; !out {
		r.Bar(math.MaxInt64, MaxKicked, id)
	}
	m := r.clients[id]
	if m == nil || m.state == gone {
		return conn
	}
	if m.state == away {
		r.absent--
	}
	conn = m.Conn
	m.leave(End{Reason: "kicked"}, 0)
	r.queue(m)
	return conn
}

// Absent returns how many members are away.
func (r *Room[M]) Absent() int {
	if r.server.state == away {
		return r.absent + 1
	}
	return r.absent
}

// Expire makes members gone whose window is over. If the server is one of them, the room
// ends, and Expire returns the connections that were in it.
func (r *Room[M]) Expire(now int64) (out []M, last bool) {
	if r.server.state == away && now >= r.server.until {
		r.server.leave(End{Reason: "timeout"}, now)
		return r.end(), true
	}
	marks := len(r.news)
	for _, m := range r.clients {
		if m.state == away && now >= m.until {
			r.absent--
			m.leave(End{Reason: "timeout"}, now)
			r.queue(m)
		}
	}
	r.inOrder(marks)
	return nil, false
}

// Present returns how many clients are connected. It counts those, too, that are gone without
// their server having been told.
func (r *Room[M]) Present() int { return len(r.clients) - r.absent }

// Empty reports whether the server has no client, present or away.
func (r *Room[M]) Empty() bool { return len(r.clients) == 0 }

// Forget drops a client that is away, without telling its server: the server itself
// decides when the client is gone (P4). A server that is present must first be told that
// the client is away. A server that comes back concludes it of each client that is not
// named (P3).
func (r *Room[M]) Forget(m *Member[M]) {
	if m.state != away || r.clients[m.ID] != m || m.queued && r.server.state == present {
		return
	}
	m.queued = false
	r.absent--
	delete(r.clients, m.ID)
}

// GiveUp ends the room of a server that is away, if no client is present, and reports
// whether it did (P4).
func (r *Room[M]) GiveUp() bool {
	if r.server.state != away {
		return false
	}
	for _, m := range r.clients {
		if m.state == present {
			return false
		}
	}
	r.server.leave(End{Reason: "relay"}, 0)
	r.end()
	return true
}

// Awaited reports whether the server is away.
func (r *Room[M]) Awaited() bool { return r.server.state == away }

// ServerGone returns the notice for clients when the server is gone.
func (r *Room[M]) ServerGone() Notice {
	return Notice{Type: protocol.TypePeerGone, Presence: protocol.Presence{ID: r.server.ID, Order: r.server.Order, Reason: r.server.reason}}
}

// Clients returns the places of all clients.
func (r *Room[M]) Clients() iter.Seq[*Member[M]] { return maps.Values(r.clients) }

// Client returns a client's place, nil if it has none.
func (r *Room[M]) Client(id []byte) *Member[M] { return r.clients[protocol.ID(id)] }

// ToServer returns the server's connection for a message of a client on conn. Ok is
// false if the client may not send, or the receiver is not the present server. News
// reports that the server must first be told of the client.
func (r *Room[M]) ToServer(from *Member[M], conn M, to []byte) (server M, news, ok bool) {
	if !from.Has(conn) || r.server.state != present || string(to) != string(r.server.ID) {
		return server, false, false
	}
	return r.server.Conn, from.queued, true
}

// ToClient returns the connection of a client for a message of the server on conn. Ok is
// false if the server may not send, or the client is not present. News reports that the
// client must first be told of the server.
func (r *Room[M]) ToClient(conn M, to []byte) (client M, news, ok bool) {
	m := r.clients[protocol.ID(to)]
	if m == nil || m.state != present || !r.server.Has(conn) {
		return client, false, false
	}
	return m.Conn, m.stale && m.V1, true
}
