package relay

import (
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// A Seat is the place of a peer in a room, from its arrival until the relay no longer waits for
// it. Seats are equal while it is the same stay. The methods may be called concurrently.
type Seat struct {
	lobby  *lobby
	member *room.Member[*session]
}

// Find returns the seat of a peer in the room of a server. It returns false unless the peer is
// present or away.
func (r *Relay) Find(server, peer protocol.ID) (Seat, bool) {
	l := r.find(server)
	if l == nil {
		return Seat{}, false
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	s := Seat{l, l.room.Client([]byte(peer))}
	if peer == l.id {
		s.member = l.room.Server()
	}
	return s, s.taken()
}

// Here reports whether the peer is present or away.
func (s Seat) Here() bool {
	s.lobby.mu.RLock()
	defer s.lobby.mu.RUnlock()
	return s.taken()
}

// Server reports whether the peer is the server of its room.
func (s Seat) Server() bool { return s.member == s.lobby.room.Server() }

// Room returns a value that is equal for the peers of one room.
func (s Seat) Room() any { return s.lobby }

// Clients returns how many clients of the room are connected.
func (s Seat) Clients() int {
	s.lobby.mu.RLock()
	defer s.lobby.mu.RUnlock()
	return s.lobby.room.Present()
}

// taken is Here with the lobby's mu held.
func (s Seat) taken() bool {
	if s.member == nil || !s.Server() && s.lobby.room.Client([]byte(s.member.ID)) != s.member {
		return false
	}
	return s.member.Present() || s.member.Away()
}
