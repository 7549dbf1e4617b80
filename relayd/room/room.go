// Package room knows who is in a room, who may reach whom, and what each must
// hear of the others. It is pure state: no clock, no lock, no log and no I/O, so
// that every rule of it can be tested in every order by calling it. Whoever
// shares a Room between goroutines locks it. Times are milliseconds of the caller's clock.
package room

import (
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// A Room is one server and its clients: a star, in which a client reaches its
// server and nobody else (PROTOCOL.md, B9). M is a connection.
type Room[M comparable] struct {
	server  Member[M]
	clients map[protocol.ID]*Member[M]
	news    []*Member[M] // clients of which the server is to be told; nil: RELAY_PRESENT (P2, P3)
	absent  int          // clients that are away

	most   int                   // clients that it takes; 0: any number
	closed bool                  // to newcomers (D7)
	info   []byte                // what HELLO tells clients (D7)
	kicked map[protocol.ID]int64 // who may not come back, and until when; IDs and marks
}

// A Verdict says whether a connection is let in.
type Verdict int

const (
	Admitted Verdict = iota
	NotThere         // no server, or none for newcomers
	Replaced         // a connection of a higher order is known (R5)
	Kicked
	Taken // a newcomer's ID is another's here
)

// MaxKicked bounds the memory for those that a server has kicked. A client that is
// forgotten and comes back is kicked again by the server (P7).
const MaxKicked = 4096

// New makes the room of a server that is not there yet and is waited for (R11).
func New[M comparable](server protocol.ID, wait, now int64) *Room[M] {
	r := &Room[M]{server: Member[M]{ID: server, V1: true}, clients: make(map[protocol.ID]*Member[M])}
	r.server.leave(End{Away: true, Wait: wait}, now)
	return r
}

// Server is the server's place.
func (r *Room[M]) Server() *Member[M] { return &r.server }

// Info is what the server left for its clients, nil if nothing.
func (r *Room[M]) Info() []byte { return r.info }

// SetMost bounds the clients; 0 is no bound. Who is there, or resumes, stays.
func (r *Room[M]) SetMost(clients int) { r.most = clients }

// SetInfo and SetClosed do what a server asks for (D7).
func (r *Room[M]) SetInfo(info []byte)   { r.info = info }
func (r *Room[M]) SetClosed(closed bool) { r.closed = closed }

// ClaimServer gives the server's place to a connection and returns the one that
// had it: the zero M if none. After a resume the server hears of everybody who is
// present, and each client that it is back (P1, P3).
func (r *Room[M]) ClaimServer(order protocol.Order, v1, resumed bool, conn M) (before M, v Verdict) {
	if r.server.state == gone {
		return before, NotThere
	}
	if order.Compare(r.server.Order) < 0 {
		return before, Replaced
	}
	before = r.server.Conn
	r.server.take(order, v1, conn)
	// What the connection before was owed: this one has not heard of all yet.
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
	if r.server.state == gone || newcomer && (r.closed || r.full() || r.server.state != present) {
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

// full looks the same from outside as a room that is closed (B5).
func (r *Room[M]) full() bool { return r.most > 0 && len(r.clients) >= r.most }

// LeaveClient ends a connection of a client. It reports false for one that has
// lost its place already: then nobody is to be told.
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

// LeaveServer ends a connection of the server. It gives the connections that are
// to end with it: those of all clients if the server is gone, those of base clients
// if it is away (P5).
func (r *Room[M]) LeaveServer(conn M, end End, now int64) (out []M, last bool) {
	if !r.server.Has(conn) {
		return nil, false
	}
	r.server.leave(end, now)
	if !end.Away {
		return r.shut(), true
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

// shut ends the room and gives the clients that were in it.
func (r *Room[M]) shut() (out []M) {
	for _, m := range r.clients {
		if m.state == present {
			out = append(out, m.Conn)
		}
	}
	r.clients, r.news, r.absent = nil, nil, 0
	return out
}

// Close ends the room, and gives the connections that were in it.
func (r *Room[M]) Close() (server M, clients []M) {
	server = r.server.Conn
	r.server.leave(End{Reason: "kicked"}, 0)
	return server, r.shut()
}

// Bar keeps a client out until then, by its ID and by what else the caller calls it. Of those
// that are kept out, most are remembered, and any others forgotten.
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

// Barred reports whether a client is kept out at that time, and forgets it if not.
func (r *Room[M]) Barred(id protocol.ID, now int64) bool {
	until, out := r.kicked[id]
	if out && now >= until {
		delete(r.kicked, id)
		return false
	}
	return out
}

// ForgetBars forgets those that are not kept out any more.
func (r *Room[M]) ForgetBars(now int64) {
	maps.DeleteFunc(r.kicked, func(_ protocol.ID, until int64) bool { return now >= until })
}

// Bars is how many are remembered that are kept out.
func (r *Room[M]) Bars() int { return len(r.kicked) }

// Kick takes a client out, for good if it is not barred until some time, and gives its
// connection if it has one (D7).
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

// Absent is how many members are away.
func (r *Room[M]) Absent() int {
	if r.server.state == away {
		return r.absent + 1
	}
	return r.absent
}

// Expire ends the waiting for those whose window is over. If that is the server,
// the room ends, and the connections that were in it are returned.
func (r *Room[M]) Expire(now int64) (out []M, last bool) {
	if r.server.state == away && now >= r.server.until {
		r.server.leave(End{Reason: "timeout"}, now)
		return r.shut(), true
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

// Empty says whether the server has no client, present or away.
func (r *Room[M]) Empty() bool { return len(r.clients) == 0 }

// Forget gives up the memory of a client that is away, without a word: its server
// says itself when it is gone (P4). A server that is there must know first that the
// client is away; one that comes back knows it of each that is not named (P3).
func (r *Room[M]) Forget(m *Member[M]) {
	if m.state != away || r.clients[m.ID] != m || m.queued && r.server.state == present {
		return
	}
	m.queued = false
	r.absent--
	delete(r.clients, m.ID)
}

// GiveUp ends the room of a server that is away, if nobody is there who waits for
// it, and reports whether it did (P4).
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
	r.shut()
	return true
}

// Awaited says whether the server is away.
func (r *Room[M]) Awaited() bool { return r.server.state == away }

// ServerGone is what its clients are told when the server is gone.
func (r *Room[M]) ServerGone() Notice {
	return Notice{Type: protocol.TypePeerGone, Presence: protocol.Presence{ID: r.server.ID, Order: r.server.Order, Reason: r.server.reason}}
}

// Clients gives the places of all clients.
func (r *Room[M]) Clients() iter.Seq[*Member[M]] { return maps.Values(r.clients) }

// Client finds a client's place, nil if it has none.
func (r *Room[M]) Client(id []byte) *Member[M] { return r.clients[protocol.ID(id)] }

// ToServer gives the server's connection, if it has one, for a client whose
// connection this is. News reports that the server has to be told of the client first.
func (r *Room[M]) ToServer(from *Member[M], conn M, to []byte) (server M, news, ok bool) {
	if !from.Has(conn) || r.server.state != present || string(to) != string(r.server.ID) {
		return server, false, false
	}
	return r.server.Conn, from.queued, true
}

// ToClient gives the connection of a client in the room, if it has one, for the
// server whose connection this is. News reports that the client has to be told of the
// server first.
func (r *Room[M]) ToClient(conn M, to []byte) (client M, news, ok bool) {
	m := r.clients[protocol.ID(to)]
	if m == nil || m.state != present || !r.server.Has(conn) {
		return client, false, false
	}
	return m.Conn, m.stale && m.V1, true
}
