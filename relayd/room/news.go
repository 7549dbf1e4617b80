package room

import (
	"slices"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// A Notice is one presence message for a peer. Base peers get only Type and the ID.
type Notice struct {
	Type  string
	Until int64 // of PEER_AWAY: when the window ends
	protocol.Presence
}

// queue marks a client whose state its server must be told. However often the state
// changes, there is one mark and one message (P2).
func (r *Room[M]) queue(m *Member[M]) {
	m.queued = true
	if !m.listed {
		m.listed = true
		r.news = append(r.news, m)
	}
}

// inOrder sorts the marks from this index on, so that the order of messages does not
// depend on the order of a map.
func (r *Room[M]) inOrder(from int) {
	slices.SortFunc(r.news[from:], func(a, b *Member[M]) int { return strings.Compare(string(a.ID), string(b.ID)) })
}

// News returns the next notice for the server, or false if there is none. After sending
// it the caller calls Told.
func (r *Room[M]) News() (Notice, bool) {
	for len(r.news) > 0 {
		m := r.news[0]
		if m == nil {
			return Notice{Type: protocol.TypeRelayPresent}, true
		}
		if m.queued {
			if n, ok := r.notice(m); ok {
				return n, true
			}
		}
		r.Told()
	}
	r.news = nil
	return Notice{}, false
}

// Told removes from the list what News returned. A client that is gone is forgotten only
// then: otherwise it could come back first, and its server would be told of its end after
// its return.
func (r *Room[M]) Told() {
	m := r.news[0]
	r.news = r.news[1:]
	if m == nil {
		return
	}
	m.listed = false
	if m.queued {
		m.settle()
	}
	if m.state == gone {
		delete(r.clients, m.ID)
	}
}

// NewsOf returns the notice about this client that the server must get before the
// client's next message, if any. After sending it the caller calls ToldOf.
func (r *Room[M]) NewsOf(m *Member[M]) (Notice, bool) {
	if !m.queued {
		return Notice{}, false
	}
	return r.notice(m)
}

// ToldOf records that the server knows this client's state.
func (r *Room[M]) ToldOf(m *Member[M]) { m.settle() }

func (m *Member[M]) settle() {
	m.queued = false
	switch {
	case m.state == present, m.told != unknown:
		m.told = m.state
	}
}

// notice returns the notice of a client's state. A server that never knew of the client
// is not told that it left.
func (r *Room[M]) notice(m *Member[M]) (Notice, bool) {
	n := Notice{Presence: protocol.Presence{ID: m.ID, Order: m.Order}}
	if m.V1 {
		n.Protocol = protocol.SubprotocolV1
	}
	switch {
	case !r.server.V1: // what base peers are told (P5)
		switch {
		case m.state == present && m.told != present:
			n.Type = protocol.TypePeerJoined
		case m.state != present && m.told == present:
			n.Type = protocol.TypePeerGone
		default:
			return n, false
		}
	case m.state == present && m.Order.Generation == 0:
		n.Type = protocol.TypePeerJoined
	case m.state == present:
		n.Type = protocol.TypePeerBack
	case m.told == unknown:
		return n, false
	case m.state == away:
		n.Type, n.Until = protocol.TypePeerAway, m.until
	default:
		n.Type, n.Reason = protocol.TypePeerGone, m.reason
	}
	return n, true
}

// HostNews returns the notice about the server for a v1 client, if any. After sending it
// the caller calls HostTold.
func (r *Room[M]) HostNews(m *Member[M]) (Notice, bool) {
	if !m.stale || !m.V1 || m.state != present {
		return Notice{}, false
	}
	n := Notice{Type: protocol.TypePeerBack, Presence: protocol.Presence{ID: r.server.ID, Order: r.server.Order}}
	switch r.server.state {
	case present:
		n.Protocol = protocol.SubprotocolV1
	case away:
		n.Type, n.Until = protocol.TypePeerAway, r.server.until
	default:
		return n, false
	}
	return n, true
}

// HostTold records that the client knows its server's state.
func (r *Room[M]) HostTold(m *Member[M]) { m.stale = false }
