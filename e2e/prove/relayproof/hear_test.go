package relayproof

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/protocol"
)

// deliver handles one message. The caller holds p.mu.
func (p *peer) deliver(k *connection, c credential, d protocol.Delivery) {
	if string(d.From) != string(protocol.RelayID) {
		if k != p.now {
			return // the peer has given up this connection (R6)
		}
		p.receive(string(d.From), string(d.Type), d.Message)
		return
	}
	p.seen[history.Kind(d.Type)]++
	switch string(d.Type) {
	case protocol.TypeHello:
		h, err := protocol.ParseHello(d.Message)
		if err != nil {
			p.t.Errorf("HELLO: %v", err)
			return
		}
		k.id = string(h.ID)
		if p.id == "" {
			p.id = k.id
			if p.room == "" {
				p.room = p.id
			}
			p.event(history.Start, history.Event{Protocol: "base"})
		} else if p.id != k.id {
			p.event(history.Receive, history.Event{Reason: "HELLO gave another ID"}) // C1
		}
		p.token, p.gen = h.Resume, c.gen+1
		p.event(history.Up, history.Event{Name: k.name, Node: "n", Order: []uint64{c.gen, c.attempt}})
		p.seen["HELLO "+history.Kind(k.name)]++
		if p.id != p.room && p.known[p.room] == nil { // a client's server is present, or PEER_AWAY comes next
			p.heard(protocol.TypePeerJoined, protocol.Presence{ID: protocol.ID(p.room)})
		}
	case protocol.TypePeerJoined, protocol.TypePeerAway, protocol.TypePeerBack, protocol.TypePeerGone:
		presence, err := protocol.ParsePresence(d.Message)
		if err != nil {
			p.t.Errorf("%s: %v", d.Type, err)
			return
		}
		if k == p.now {
			p.heard(string(d.Type), presence)
		}
	case protocol.TypeRelayUndelivered:
		u, err := protocol.ParseUndelivered(d.Message)
		if err == nil {
			p.excuse(string(u.To))
		}
	}
}

// heard handles presence as an application without a table of peers would.
func (p *peer) heard(typ string, n protocol.Presence) {
	id := string(n.ID)
	o := p.known[id]
	if o == nil {
		p.conns++
		o = &other{conn: p.conns}
		p.known[id] = o
		if typ == protocol.TypePeerJoined || typ == protocol.TypePeerBack {
			o.present = true
			p.event(history.Joined, history.Event{Conn: o.conn, Peer: id})
			return
		}
	}
	switch typ {
	case protocol.TypePeerJoined, protocol.TypePeerBack:
		if !o.present { // a peer that resumed before its loss was noticed was never away
			o.present = true
			p.event(history.Back, history.Event{Conn: o.conn, Peer: id})
		}
	case protocol.TypePeerAway:
		o.present = false
		p.excuse(id)
		p.event(history.Away, history.Event{Conn: o.conn, Peer: id, Window: int64(n.Window) * int64(time.Second)})
	case protocol.TypePeerGone:
		o.present = false
		p.excuse(id)
		p.event(history.Gone, history.Event{Conn: o.conn, Peer: id, Reason: n.Reason})
	}
}

func (p *peer) receive(from, typ string, data []byte) {
	var body message
	_ = json.Unmarshal(data, &body)
	o := p.known[from]
	if o == nil {
		p.conns++
		o = &other{conn: p.conns}
		p.known[from] = o
	}
	p.event(history.Receive, history.Event{Conn: o.conn, Peer: from, From: body.From, Seq: body.Seq, Type: typ, Hash: hash(data)})
}

func hash(data []byte) string {
	h := fnv.New64a()
	_, _ = h.Write(data)
	return fmt.Sprintf("%016x", h.Sum64())
}
