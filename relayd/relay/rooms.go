package relay

import (
	"github.com/google/uuid"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/room"
)

// find returns the room of a server, nil if there is none.
func (r *Relay) find(server protocol.ID) *lobby {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rooms[keyOf(server)]
}

// findOrOpen returns the room of a server, and opens one that waits for the server if there
// is none.
func (r *Relay) findOrOpen(server protocol.ID, by *session) (*lobby, *protocol.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.rooms[keyOf(server)]; l != nil {
		return l, nil
	}
	return r.open(server, by.claim.source)
}

// open opens a room, which counts for a source until it ends. With mu held.
func (r *Relay) open(server protocol.ID, by quota.Place) (*lobby, *protocol.Error) {
	settings := r.settings.Load()
	if len(r.rooms) >= settings.Limits.Rooms {
		return nil, r.refuse(RefusedRooms, retryAfter())
	}
	if !r.sources.Open(by, settings.source) {
		return nil, r.refuse(RefusedSourceRooms, retryAfter())
	}
	return r.build(server, by), nil
}

// build is open without limits.
func (r *Relay) build(server protocol.ID, by quota.Place) *lobby {
	now := r.clock()
	l := &lobby{id: server, key: keyOf(server), opener: by, opened: now, room: room.New[*session](server, r.config.Window.Milliseconds(), now)}
	r.rooms[l.key] = l
	r.waiters[l] = struct{}{}
	return l
}

// rejoin returns the room of a peer that comes back. It opens one if there is none, unless
// another node may have it.
func (r *Relay) rejoin(server protocol.ID, by *session) (*lobby, *protocol.Error) {
	if !by.arrival.found {
		return r.findOrOpen(server, by)
	}
	if l := r.find(server); l != nil {
		return l, nil
	}
	return nil, moved
}

// reopen finds or opens a room for a client whose own has just ended (R11).
func (r *Relay) reopen(s *session) *protocol.Error {
	r.removeRoom(s.lobby)
	s.arrival.found = r.config.Cluster != nil
	l, refused := r.rejoin(s.lobby.id, s)
	if refused == nil {
		s.lobby = l
	}
	return refused
}

func (r *Relay) removeRoom(l *lobby) {
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

// mayWait puts a room, in which a peer may be away, on the sweeper's list.
func (r *Relay) mayWait(l *lobby) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rooms[l.key] == l {
		r.waiters[l] = struct{}{}
	}
}

// NewUUID draws an ID of 122 random bits in the form of a UUID (RFC 9562, version 4).
func NewUUID() protocol.ID { return protocol.ID(uuid.NewString()) }

// canonical returns the ID of a room in the spelling of its server, if the room is here, so that
// IDs can be compared (B52).
func (r *Relay) canonical(asked protocol.ID) protocol.ID {
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

// roomOf finds or opens the room of a server. For a newcomer it draws the ID again while that
// names a room (B8), with mu held because the sweeper and Shutdown read the ID under mu. A
// cluster has done so before.
func (r *Relay) roomOf(s *session) (*lobby, *protocol.Error) {
	if s.arrival.resumed || r.config.Cluster != nil {
		return r.rejoin(s.id, s)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.rooms[keyOf(s.id)] != nil {
		s.id = r.draw(true)
	}
	return r.open(s.id, s.claim.source)
}

// countBars updates the bars of all rooms, and of this room's source, by what has changed in
// this room. With mu held.
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
