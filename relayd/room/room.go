// Package room knows who is in a room and who may reach whom. It is pure
// state: no clock, no lock, no log and no I/O, so that every rule of it can be
// tested by calling it. Whoever shares a Room between goroutines locks it.
package room

import "github.com/sebas642/intercessor/protocol"

// A Room is one server and its clients: a star, in which a client reaches its
// server and nobody else (PROTOCOL.md, B9). M is what the caller keeps for each
// member.
type Room[M any] struct {
	id      protocol.ID // the server's own ID, by which clients find the room
	server  M
	clients map[protocol.ID]M
	closed  bool
}

// New opens the room of a server.
func New[M any](id protocol.ID, server M) *Room[M] {
	return &Room[M]{id: id, server: server, clients: make(map[protocol.ID]M)}
}

// Join lets a client in. It reports false when the server has left already.
// An ID is drawn by the relay and never used twice, so it is new here.
func (r *Room[M]) Join(id protocol.ID, client M) bool {
	if r.closed {
		return false
	}
	r.clients[id] = client
	return true
}

// Leave takes a client out. It reports false for one that is not in the room,
// because it never was or because the room has closed: then nobody is to be told.
func (r *Room[M]) Leave(id protocol.ID) bool {
	if _, in := r.clients[id]; !in {
		return false
	}
	delete(r.clients, id)
	return true
}

// Close ends the room, when its server leaves, and gives the clients that were
// in it. A second Close gives none.
func (r *Room[M]) Close() map[protocol.ID]M {
	clients := r.clients
	r.clients, r.closed = nil, true
	return clients
}

// Route names who gets what `from` sends to `to`: the server what comes from a
// client in the room, a client in the room what comes from the server. It
// reports false for everybody else, be they absent, in another room, or each
// other's fellow clients: to the sender these are all the same (B10).
func (r *Room[M]) Route(from protocol.ID, to []byte) (M, bool) {
	var nobody M
	if r.closed {
		return nobody, false
	}
	if from == r.id {
		client, in := r.clients[protocol.ID(to)]
		return client, in
	}
	if _, in := r.clients[from]; !in || string(to) != string(r.id) {
		return nobody, false
	}
	return r.server, true
}
