package relay

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// An operator names rooms and peers as the log does: by keyed hashes of their IDs.

// The errors follow the name of a room or a peer in a sentence.
var (
	ErrNobody = errors.New("is not here: it may have left, or the relay has restarted, which changes all names unless it is a node of a cluster")
	ErrTwo    = errors.New("names two by chance: a command cannot tell them apart")
	ErrServer = errors.New("is a server: close its room")

	// ErrUnmarked means that a client has no source (it is on this machine), or no subject.
	ErrUnmarked = errors.New("has no source, or no subject of an access token, by which it could be kept out")
)

// RoomReport is what an operator sees of a room.
type RoomReport struct {
	Node    string // of a cluster, which has the room
	Room    string
	Open    time.Duration // how long it has been open
	Server  bool          // the server is connected
	Clients int           // connected clients
	Away    int           // clients that may come back
}

// PeerReport is what an operator sees of a peer. A server has the name of its room.
type PeerReport struct {
	Peer   string
	Server bool
	Here   bool // connected
	V1     bool
}

// Rooms returns all rooms, in no particular order.
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

// Largest sorts rooms by their clients and returns the first of them, at most so many.
func Largest(rooms []RoomReport, most int) []RoomReport {
	slices.SortFunc(rooms, func(a, b RoomReport) int {
		return cmp.Or(cmp.Compare(b.Clients, a.Clients), cmp.Compare(b.Open, a.Open), cmp.Compare(a.Room, b.Room))
	})
	return rooms[:min(len(rooms), most)]
}

// FindRoom returns nil if a room of this name is here, ErrNobody or ErrTwo if not.
func (r *Relay) FindRoom(room string) error {
	_, err := r.named(room)
	return err
}

// FindPeer is FindRoom for a peer. For a server it returns ErrServer.
func (r *Relay) FindPeer(peer string) error {
	_, _, err := r.namedPeer(peer)
	return err
}

// Peers returns the peers of a room, connected and away. It fails with ErrNobody or ErrTwo.
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

// CloseRoom ends a room and all its connections. The server's close code tells it not to
// come back, and the relay does not enforce that. It fails with ErrNobody or ErrTwo.
func (r *Relay) CloseRoom(room string) error {
	l, err := r.named(room)
	if err != nil {
		return err
	}
	l.mu.Lock()
	server, clients := l.room.Close()
	l.mu.Unlock()
	if server != nil {
		server.close(protocol.CodeKicked, "the relay's operator has closed this room")
	}
	r.endRoom(l, clients)
	return nil
}

func (r *Relay) lobbies() []*lobby {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.rooms))
}

// named returns the room with a name.
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

// namedPeer returns the ID of the client with a name, and its room.
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

// A member is a copy of a place in a room, for use without the room's lock.
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
