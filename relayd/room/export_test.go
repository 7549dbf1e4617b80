package room

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// Access for the tests: the number of marks, and, for the exploration of all states, a copy of a
// room, its invariants, and its state as bytes.

// Marks is how much of the server's news is kept.
func (r *Room[M]) Marks() int { return len(r.news) }

// MarksTwice reports whether a client, or RELAY_PRESENT, is marked twice.
func (r *Room[M]) MarksTwice() bool {
	for i, m := range r.news {
		if slices.Contains(r.news[:i], m) {
			return true
		}
	}
	return false
}

// IsAway reports whether the member is waited for.
func (m *Member[M]) IsAway() bool { return m.state == away }

// Ended reports whether the room is over.
func (r *Room[M]) Ended() bool { return r.server.state == gone }

// Clone copies the room; moved says where a place of the old one is in the new.
func (r *Room[M]) Clone() (c *Room[M], moved func(*Member[M]) *Member[M]) {
	copied := *r
	c = &copied
	var from, to []*Member[M] // few: quicker than a map
	moved = func(m *Member[M]) *Member[M] {
		switch {
		case m == nil:
			return nil
		case m == &r.server:
			return &c.server
		}
		if i := slices.Index(from, m); i >= 0 {
			return to[i]
		}
		n := *m
		from, to = append(from, m), append(to, &n)
		return &n
	}
	if r.clients != nil {
		c.clients = make(map[protocol.ID]*Member[M], len(r.clients))
		for id, m := range r.clients {
			c.clients[id] = moved(m)
		}
	}
	c.news = make([]*Member[M], len(r.news))
	for i, m := range r.news {
		c.news[i] = moved(m)
	}
	c.kicked = maps.Clone(r.kicked)
	return c, moved
}

// Append writes down all that the room's later behaviour depends on. Conn writes a
// connection.
func (r *Room[M]) Append(b []byte, ids []protocol.ID, conn func([]byte, M) []byte) []byte {
	member := func(b []byte, m *Member[M]) []byte {
		b = append(b, m.ID...)
		b = append(b, 0, byte(m.state), byte(m.told), bit(m.queued)|bit(m.stale)<<1|bit(m.hinted)<<2|bit(m.V1)<<3|bit(m.listed)<<4|bit(r.clients[m.ID] == m)<<5)
		b = binary.AppendUvarint(b, m.Order.Generation)
		b = binary.AppendUvarint(b, m.Order.Attempt)
		b = binary.AppendUvarint(b, m.Order.Random)
		if m.state == away {
			b = binary.AppendVarint(b, m.until)
		}
		if m.state == gone {
			b = append(append(b, m.reason...), 0)
		}
		return conn(b, m.Conn)
	}
	b = member(b, &r.server)
	for _, id := range ids {
		if m := r.clients[id]; m != nil {
			b = member(b, m)
		}
		_, out := r.kicked[id]
		b = append(b, 0xfe, bit(out))
	}
	for _, m := range r.news {
		if m == nil {
			b = append(b, 0xfd)
		} else {
			b = member(b, m)
		}
	}
	return append(b, 0xff, bit(r.closed), byte(r.absent))
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
