package room

import (
	"slices"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// A Notice is one presence message that a peer is to get. Only Type and the ID
// are for base peers.
type Notice struct {
	Type  string
	Until int64 // of PEER_AWAY: when the waiting is over, from which the window follows
	protocol.Presence
}

// queue marks a client: its server is to be told how it is. However often that
// changes, there is one mark and one message (P2).
func (r *Room[M]) queue(m *Member[M]) {
	m.queued = true
	if !m.listed {
		m.listed = true
		r.news = append(r.news, m)
	}
}

// inOrder sorts the marks from this one on: what the server hears does not depend on
// how Go walks a map.
func (r *Room[M]) inOrder(from int) {
	slices.SortFunc(r.news[from:], func(a, b *Member[M]) int { return strings.Compare(string(a.ID), string(b.ID)) })
}

// News gives what the server is to be told next, and false if nothing. The caller
// that has sent it calls Told.
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

// Told takes what News gave off the list. Only then is a client forgotten that is
// gone: if it came back before, its server would hear of its end behind its return.
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

// NewsOf gives what the server is to be told of this client before its next
// message, if anything. The caller that has sent it calls ToldOf.
func (r *Room[M]) NewsOf(m *Member[M]) (Notice, bool) {
	if !m.queued {
		return Notice{}, false
	}
	return r.notice(m)
}

// ToldOf notes that the server knows how this client is.
func (r *Room[M]) ToldOf(m *Member[M]) { m.settle() }

func (m *Member[M]) settle() {
	m.queued = false
	switch {
	case m.state == present, m.told != unknown:
		m.told = m.state
	}
}

// notice says how a client is. Of who was never there, as far as the server knows,
// it is not said that it left.
func (r *Room[M]) notice(m *Member[M]) (Notice, bool) {
	n := Notice{Presence: protocol.Presence{ID: m.ID, Order: m.Order}}
	if m.V1 {
		n.Protocol = protocol.SubprotocolV1
	}
	switch {
	case !r.server.V1: // P5: what base peers hear
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

// HostNews gives what a v1 client is to be told of its server, if anything. The
// caller that has sent it calls HostTold.
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

// HostTold notes that the client knows how its server is.
func (r *Room[M]) HostTold(m *Member[M]) { m.stale = false }
