package relay

import (
	"github.com/google/uuid"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// NewUUID draws an ID of 122 random bits, which reads as a UUID (RFC 9562, version 4).
func NewUUID() protocol.ID { return protocol.ID(uuid.NewString()) }

// A roomKey is what all spellings of a server's ID have in common (B52).
type roomKey string

func keyOf(server protocol.ID) roomKey { return roomKey(protocol.RoomKey(string(server))) }

// spelt gives the ID of the room that somebody asks for as it is spelt everywhere else,
// if that room is known here: whoever is asked about a peer then compares IDs.
func (r *Relay) spelt(asked protocol.ID) protocol.ID {
	if l := r.find(asked); l != nil {
		return l.id
	}
	return asked
}

func (r *Relay) draw(server bool) protocol.ID {
	if server {
		return r.config.NewServerID()
	}
	return r.config.NewClientID()
}

// roomOf finds or opens the room of a server. For a new one, an ID that names a room
// already is drawn again (B8); the sweeper and Shutdown read it under mu.
func (r *Relay) roomOf(s *session) (*lobby, *protocol.Error) {
	if s.arrival.resumed {
		return r.findOrOpen(s.id, s)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.rooms[keyOf(s.id)] != nil {
		s.id = r.draw(true)
	}
	return r.open(s.id, s)
}

// claimNew is claimClient for a peer that may have to draw another ID.
func (r *Relay) claimNew(s *session) room.Verdict {
	for {
		verdict := s.lobby.claimClient(s)
		if verdict != room.Taken {
			return verdict
		}
		r.mu.Lock()
		s.id = r.draw(false)
		r.mu.Unlock()
	}
}
