package signaling

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
)

const (
	// unsaidWithin is how long after HELLO a resumed client waits for PEER_AWAY: the
	// relay sends it as the next message, or not at all (P3). A server waits as long for who
	// is present.
	unsaidWithin = time.Second

	// goneAfter is how much longer than the window an observer waits (P4).
	goneAfter = protocol.GoneAfter * time.Second
)

// presence is what a v1 peer knows of the others: who is connected, who is away,
// and until when to wait for them. It has no clock and takes what the relay says
// and the time, and gives what the application is to hear (P1 to P5).
//
//	absent --joined--> present --away--> away --back--> present
//	                   present --back--> present    (it resumed after an unnoticed loss)
//	                   present, away --gone--> gone
type presence struct {
	server bool          // static: this peer is a server
	window time.Duration // how long this relay waits for a peer (HELLO)

	peers map[protocol.ID]*knownPeer
	next  time.Time // no peer is due before; zero if none is
	told  time.Time // when a resumed client takes its server for present; zero if it knows
}

// knownPeer is another peer. Those that are gone are forgotten.
type knownPeer struct {
	order protocol.Order // the highest that was heard of (P1)
	base  bool           // it speaks the base protocol, and is never away
	away  bool
	seen  time.Time // when an absent or doubtful peer was last known present
	doubt bool      // this side's own connection broke since
	due   time.Time // when it is gone; zero while it is present
	gone  bool      // it was told as gone, and is a client's one server
}

func newPresence(server bool, window time.Duration) *presence {
	return &presence{server: server, window: window, peers: make(map[protocol.ID]*knownPeer)}
}

// meet notes a peer that is present without the relay's saying so: the server of a
// client that has just come.
func (p *presence) meet(id protocol.ID, name string, order protocol.Order) {
	p.peers[id] = &knownPeer{base: name != protocol.SubprotocolV1, order: order}
}

// lost records that this side's connection broke. No peer is known to be present any more.
// Those that were present are waited for as if they had left now, or for tryFor if that is
// longer (D8).
func (p *presence) lost(now time.Time, tryFor time.Duration) {
	p.told = time.Time{}
	for _, k := range p.peers {
		if !k.away && !k.doubt {
			k.seen = now
			p.wait(k, now.Add(p.window+goneAfter))
		}
		k.doubt = true
		if later := now.Add(tryFor); later.After(k.due) {
			p.wait(k, later)
		}
	}
}

// resumed notes HELLO of a resumed connection, which has the order of a client's server, if
// the relay knows it. A server now hears of each client that is present, a client only if
// its server is not. A relay that knows an older connection of the server than this client
// does has an older view: the server is not there (P3).
func (p *presence) resumed(now time.Time, window time.Duration, order protocol.Order) (events []Event) {
	p.window = window
	told := now.Add(unsaidWithin)
	for _, k := range p.peers { // none is gone before this relay has said who is there
		if k.doubt && !k.due.IsZero() && k.due.Before(told) {
			p.wait(k, told)
		}
	}
	if p.server {
		return nil
	}
	for id, k := range p.peers { // a client's one server
		switch {
		case p.older(id, order):
			if e, tell := p.away(now, id, k, window); tell {
				events = append(events, e)
			}
			return events
		case order != (protocol.Order{}):
			k.order = order
		}
	}
	p.told = told
	p.sooner(told)
	return nil
}

// older reports whether a relay that knows this order of a client's server has an older view than
// the client.
func (p *presence) older(server protocol.ID, order protocol.Order) bool {
	k := p.peers[server]
	return k != nil && order != (protocol.Order{}) && order.Compare(k.order) < 0
}

// said takes PEER_JOINED, PEER_AWAY, PEER_BACK or PEER_GONE.
func (p *presence) said(now time.Time, typ string, m protocol.Presence) (Event, bool) {
	k := p.peers[m.ID]
	if k != nil && m.Order.Compare(k.order) < 0 && m.Order != (protocol.Order{}) {
		return Event{}, false // P1
	}
	switch typ {
	case protocol.TypePeerJoined, protocol.TypePeerBack:
		kind := Back
		if k == nil {
			k, kind = &knownPeer{}, Joined
			p.peers[m.ID] = k
		}
		k.order, k.base = m.Order, m.Protocol != protocol.SubprotocolV1
		k.present()
		return Event{Kind: kind, Peer: m.ID, Protocol: m.Protocol}, true
	case protocol.TypePeerAway:
		if k == nil {
			return Event{}, false
		}
		window := p.window
		if m.Window > 0 {
			window = time.Duration(m.Window) * time.Second
		}
		if m.Order.Compare(k.order) > 0 { // not that of a relay that never knew this server
			k.order = m.Order
		}
		p.told = time.Time{}
		e, tell := p.away(now, m.ID, k, window)
		if m.Window > 0 && (tell || m.Order != (protocol.Order{})) { // the relay says for how much longer, if it can know
			p.wait(k, now.Add(window+goneAfter))
		}
		return e, tell
	case protocol.TypePeerGone:
		if k == nil {
			return Event{}, false
		}
		p.end(m.ID, k)
		return Event{Kind: Gone, Peer: m.ID, Reason: m.Reason}, true
	}
	return Event{}, false
}

// heard records a message of a peer, which shows that it is present. known is false for a
// peer that is gone or was never there: its messages are dropped.
func (p *presence) heard(id protocol.ID) (e Event, back, known bool) {
	k := p.peers[id]
	if k == nil || !k.doubt && !k.away {
		return Event{}, false, k != nil
	}
	k.present()
	p.told = time.Time{}
	return Event{Kind: Back, Peer: id, Protocol: k.name()}, true, true
}

// present handles RELAY_PRESENT: a peer still in doubt is not there (P3).
func (p *presence) present(now time.Time) (events []Event) {
	for id, k := range p.peers {
		switch {
		case !k.doubt:
		case k.base:
			delete(p.peers, id)
			events = append(events, Event{Kind: Gone, Peer: id, Reason: ReasonTimeout})
		default:
			if e, tell := p.away(now, id, k, p.window); tell {
				events = append(events, e)
			}
		}
	}
	return events
}

// pass says what the mere passing of time means.
func (p *presence) pass(now time.Time) (events []Event) {
	if p.next.IsZero() || now.Before(p.next) {
		return nil
	}
	p.next = time.Time{}
	if !p.told.IsZero() && !now.Before(p.told) {
		p.told = time.Time{}
		for id, k := range p.peers { // a client's one server
			if k.doubt {
				k.present()
				events = append(events, Event{Kind: Back, Peer: id, Protocol: k.name()})
			}
		}
	}
	p.sooner(p.told)
	for id, k := range p.peers {
		switch {
		case k.due.IsZero():
		case now.Before(k.due):
			p.sooner(k.due)
		default:
			p.end(id, k)
			events = append(events, Event{Kind: Gone, Peer: id, Reason: ReasonTimeout})
		}
	}
	return events
}

// away notes that a peer is not there. It counts from when it was last known present.
func (p *presence) away(now time.Time, id protocol.ID, k *knownPeer, window time.Duration) (Event, bool) {
	before := k.away
	if !k.away && !k.doubt {
		k.seen = now
	}
	k.away, k.doubt = true, false
	p.wait(k, k.seen.Add(window+goneAfter))
	return Event{Kind: Away, Peer: id}, !before
}

// end notes that a peer is gone. A client does not forget its one server, which may come back.
func (p *presence) end(id protocol.ID, k *knownPeer) {
	k.doubt, k.gone, k.due = true, true, time.Time{}
	if p.server {
		delete(p.peers, id)
	}
}

func (p *presence) wait(k *knownPeer, until time.Time) {
	if !k.gone {
		k.due = until
		p.sooner(until)
	}
}

func (p *presence) sooner(at time.Time) {
	if !at.IsZero() && (p.next.IsZero() || at.Before(p.next)) {
		p.next = at
	}
}

func (k *knownPeer) present() {
	k.away, k.doubt, k.gone, k.seen, k.due = false, false, false, time.Time{}, time.Time{}
}

func (k *knownPeer) name() string {
	if k.base {
		return ""
	}
	return protocol.SubprotocolV1
}
