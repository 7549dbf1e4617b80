package smallrelay

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// join takes a peer in, or returns the code to close it with.
func (r *Relay) join(c *conn, request *http.Request) protocol.Code {
	attempt, id, generation := credential(request)
	path := strings.TrimPrefix(request.URL.Path, "/client/")
	isServer := path == "/server"
	r.mu.Lock()
	defer r.mu.Unlock()
	server := r.server()
	if !isServer && id == "" && (server == nil || server.conn == nil) {
		return protocol.CodeServerAway
	}
	resumed := id != ""
	if !resumed {
		r.last++
		id = protocol.ID("p" + strconv.Itoa(r.last))
	}
	r.order++
	order := protocol.Order{Generation: generation, Attempt: attempt, Random: r.order}
	p := r.peers[id]
	if p != nil && p.conn != nil {
		if order.Compare(p.order) < 0 {
			return protocol.CodeReplaced
		}
		p.conn.peer = nil
		old := p.conn
		go func() { _ = old.ws.Close(4503, "") }()
	}
	if p == nil {
		p = &peer{id: id, server: isServer, v1: c.v1}
		r.peers[id] = p
	}
	p.conn, p.order, c.peer = c, order, p
	hello := protocol.Hello{ID: id}
	if c.v1 {
		hello.Resume = string(id) + "_" + strconv.FormatUint(generation+1, 10)
		hello.Window, hello.Resumed = protocol.Window, resumed
		hello.Limits = protocol.Limits{Message: protocol.MaxMessage, Delivery: protocol.MaxDelivery, Outbox: 256 << 10}
		if !isServer {
			hello.Server, hello.ServerKnown = protocol.SubprotocolV1, true
			if server != nil && !server.v1 {
				hello.Server = ""
			}
		}
	}
	p.tell(protocol.TypeHello, protocol.AppendHello(nil, hello))
	typ := protocol.TypePeerJoined
	if resumed {
		typ = protocol.TypePeerBack
	}
	if !isServer {
		if server == nil || server.conn == nil {
			p.tell(protocol.TypePeerAway, r.presence(protocol.TypePeerAway, &peer{id: protocol.ID(path)}))
		}
		server.tell(typ, r.presence(typ, p))
		return 0
	}
	for _, other := range r.peers {
		if other == p || other.conn == nil {
			continue
		}
		other.tell(protocol.TypePeerBack, r.presence(protocol.TypePeerBack, p))
		p.tell(protocol.TypePeerBack, r.presence(protocol.TypePeerBack, other))
	}
	if resumed {
		p.tell(protocol.TypeRelayPresent, []byte(`{}`))
	}
	return 0
}

// leave notes that a connection has ended.
func (r *Relay) leave(c *conn, left bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := c.peer
	if p == nil {
		return
	}
	p.conn = nil
	typ := protocol.TypePeerAway
	if left || !p.v1 {
		typ = protocol.TypePeerGone
		delete(r.peers, p.id)
	}
	if !p.server {
		r.server().tell(typ, r.presence(typ, p))
		return
	}
	for _, other := range r.peers {
		if other != p {
			other.tell(typ, r.presence(typ, p))
		}
	}
}

// GiveUp cuts a client off and tells its server that it was away for too long. The client
// may come again.
func (r *Relay) GiveUp(id protocol.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.peers[id]
	delete(r.peers, id)
	p.conn.peer = nil
	_ = p.conn.ws.CloseNow()
	gone := protocol.Presence{ID: id, Order: p.order, Reason: "timeout"}
	r.server().tell(protocol.TypePeerGone, protocol.AppendPresence(nil, protocol.TypePeerGone, gone))
}

// take takes a message of a peer.
func (r *Relay) take(c *conn, frame []byte) {
	e, err := protocol.ParseEnvelopeV1(frame)
	if err != nil {
		panic("smallrelay: a peer sends nonsense: " + err.Error())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := c.peer
	if p == nil {
		return
	}
	if protocol.ID(e.To) == protocol.RelayID {
		r.request(p, e)
		return
	}
	to := r.peers[protocol.ID(e.To)]
	switch {
	case to == nil || to.conn == nil:
		if p.v1 {
			p.tell(protocol.TypeRelayUndelivered, protocol.AppendUndelivered(nil, protocol.Undelivered{To: protocol.ID(e.To), Reason: "absent"}))
		}
	case e.Link != nil && !to.v1:
	default:
		to.conn.send(protocol.AppendDeliveryV1(nil, p.id, e.Type, e.Message, e.Link))
	}
}

func (r *Relay) request(p *peer, e protocol.Envelope) {
	asked, wrong := protocol.ParseRequest(string(e.Type), e.Message)
	if k := r.peers[asked.ID]; string(e.Type) == protocol.TypeRelayKick && k != nil {
		delete(r.peers, k.id)
		p.tell(protocol.TypePeerGone, protocol.AppendPresence(nil, protocol.TypePeerGone,
			protocol.Presence{ID: k.id, Order: k.order, Reason: "kicked"}))
		if k.conn != nil {
			k.conn.peer = nil
			ws := k.conn.ws
			go func() { _ = ws.Close(4502, "kicked") }()
		}
	}
	p.tell(protocol.TypeRelayAnswer, protocol.AppendAnswer(nil, protocol.Answer{Number: asked.Number, Error: wrong}))
}

func (r *Relay) presence(typ string, p *peer) []byte {
	m := protocol.Presence{ID: p.id, Order: p.order, Window: protocol.Window, Reason: "left"}
	if p.v1 {
		m.Protocol = protocol.SubprotocolV1
	}
	return protocol.AppendPresence(nil, typ, m)
}

// server returns the room's server, or nil.
func (r *Relay) server() *peer {
	for _, p := range r.peers {
		if p.server {
			return p
		}
	}
	return nil
}
