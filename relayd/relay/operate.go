package relay

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// An operator names rooms and peers as the log does: by keyed hashes of their IDs, which
// open nothing.

// What is wrong with the name of a room or a peer.
var (
	ErrNobody = errors.New("is not here: it may have gone, or the relay was started anew since, and with it every name changed")
	ErrTwo    = errors.New("is the name of two, by chance: this cannot be done to one of them")
	ErrServer = errors.New("is a server: close its room")

	// ErrUnmarked is of a client that has no source (it is on this machine) or no access token.
	ErrUnmarked = errors.New("has not what it was to be kept out by: no source, or no subject of an access token")
)

// RoomReport is what an operator sees of a room.
type RoomReport struct {
	Room    string
	Open    time.Duration // since when it is
	Server  bool          // its server is connected, and not away
	Clients int           // that are connected
	Away    int           // clients that may come back
}

// PeerReport is what an operator sees of a peer. A client's name is its own, a server's
// that of its room.
type PeerReport struct {
	Peer   string
	Server bool
	Here   bool // connected, and not away
	V1     bool
}

// Rooms gives all rooms, in no order.
func (r *Relay) Rooms() []RoomReport {
	var all []RoomReport
	now := r.clock()
	for _, l := range r.lobbies() {
		report := RoomReport{Room: r.log.hash(l.id), Open: time.Duration(now-l.opened) * time.Millisecond}
		for _, m := range l.members() {
			switch {
			case m.server:
				report.Server = m.here
			case m.here:
				report.Clients++
			default:
				report.Away++
			}
		}
		all = append(all, report)
	}
	return all
}

// Peers gives who is in a room. It fails with ErrNobody or ErrTwo.
func (r *Relay) Peers(room string) ([]PeerReport, error) {
	l, err := r.named(room)
	if err != nil {
		return nil, err
	}
	var all []PeerReport
	for _, m := range l.members() {
		all = append(all, PeerReport{Peer: r.log.hash(m.id), Server: m.server, Here: m.here, V1: m.v1})
	}
	return all, nil
}

// CloseRoom ends a room and the connections of everybody in it. Nothing keeps its server
// from opening it again but the code, after which a peer does not come back. It fails with
// ErrNobody or ErrTwo.
func (r *Relay) CloseRoom(room string) error {
	l, err := r.named(room)
	if err != nil {
		return err
	}
	l.mu.Lock()
	server, clients := l.room.Close()
	notice := l.room.ServerGone()
	l.mu.Unlock()
	r.shut(l)
	if server != nil {
		server.close(protocol.CodeKicked, "the relay's operator has closed this room")
	}
	loseServer(clients, notice)
	return nil
}

func (r *Relay) lobbies() []*lobby {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.rooms))
}

// named finds the room of a name.
func (r *Relay) named(name string) (found *lobby, err error) {
	for _, l := range r.lobbies() {
		switch {
		case r.log.hash(l.id) != name:
		case found != nil:
			return nil, ErrTwo
		default:
			found = l
		}
	}
	if found == nil {
		return nil, ErrNobody
	}
	return found, nil
}

// namedPeer finds the client of a name, and its room.
func (r *Relay) namedPeer(peer string) (in *lobby, id protocol.ID, err error) {
	var who member
	for _, l := range r.lobbies() {
		for _, m := range l.members() {
			switch {
			case r.log.hash(m.id) != peer:
			case in != nil:
				return nil, "", ErrTwo
			default:
				in, who = l, m
			}
		}
	}
	switch {
	case in == nil:
		return nil, "", ErrNobody
	case who.server:
		return nil, "", ErrServer
	}
	return in, who.id, nil
}

// A member is a copy of a place in a room, to look at without its lock.
type member struct {
	id               protocol.ID
	server, here, v1 bool
}

func (l *lobby) members() []member {
	l.mu.RLock()
	defer l.mu.RUnlock()
	of := func(m *room.Member[*session], server bool) member { return member{m.ID, server, m.Present(), m.V1} }
	all := []member{of(l.room.Server(), true)}
	for m := range l.room.Clients() {
		if m.Present() || m.Away() {
			all = append(all, of(m, false))
		}
	}
	return all
}
