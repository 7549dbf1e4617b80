package relay

import (
	"github.com/google/uuid"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// find, findOrOpen and shut keep the rooms, by their servers' IDs.
func (r *Relay) find(server protocol.ID) *lobby {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rooms[keyOf(server)]
}

// findOrOpen opens a room whose server is not there yet, if there is none: the
// server may pass its ID on the moment it has it.
func (r *Relay) findOrOpen(server protocol.ID, by *session) (*lobby, *protocol.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.rooms[keyOf(server)]; l != nil {
		return l, nil
	}
	return r.open(server, by)
}

// open opens a room, which counts for whoever opens it until it ends. With mu held.
func (r *Relay) open(server protocol.ID, by *session) (*lobby, *protocol.Error) {
	settings := r.settings.Load()
	if len(r.rooms) >= settings.Limits.Rooms {
		return nil, r.refuse(RefusedRooms, later())
	}
	if !r.sources.Open(by.claim.source, settings.source) {
		return nil, r.refuse(RefusedSourceRooms, later())
	}
	now := r.clock()
	l := &lobby{id: server, key: keyOf(server), opener: by.claim.source, opened: now, room: room.New[*session](server, r.config.Window.Milliseconds(), now)}
	r.rooms[l.key] = l
	r.waiters[l] = struct{}{}
	return l, nil
}

// reopen finds a room for a client whose own has ended this moment (R11).
func (r *Relay) reopen(s *session) *protocol.Error {
	r.shut(s.lobby)
	l, refused := r.findOrOpen(s.lobby.id, s)
	if refused == nil {
		s.lobby = l
	}
	return refused
}

func (r *Relay) shut(l *lobby) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rooms[l.key] == l {
		delete(r.rooms, l.key)
		r.sources.Close(l.opener)
		l.mu.Lock()
		l.over = true
		l.countBars(r)
		l.mu.Unlock()
	}
	delete(r.waiters, l)
}

// mayWait has the sweeper look at a room in which somebody may be away.
func (r *Relay) mayWait(l *lobby) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rooms[l.key] == l {
		r.waiters[l] = struct{}{}
	}
}

// NewUUID draws an ID of 122 random bits, which reads as a UUID (RFC 9562, version 4).
func NewUUID() protocol.ID { return protocol.ID(uuid.NewString()) }

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

// countBars counts those that the room keeps out among those of its source and of all rooms. With mu held.
func (l *lobby) countBars(r *Relay) {
	bars := max(0, l.room.Bars()-ownBars)
	if l.over {
		bars = 0
	}
	if more := bars - l.bars; more != 0 {
		r.bars.Add(int64(more))
		r.sources.Bar(l.opener, more)
		l.bars = bars
	}
}
