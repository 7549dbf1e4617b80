package sdk

import (
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// handle takes an event of the listener's session. It does not wait.
func (l *Listener) handle(e signaling.Event) {
	switch e.Kind {
	case signaling.Lost:
		l.status.set(func(s *status) { s.offline = true })
		l.offline()
		return
	case signaling.Connected:
		l.status.set(func(s *status) { s.offline = false })
		return // the relay now says of each client that it is back
	case signaling.Joined:
		if l.carrier != nil && e.Protocol == protocol.SubprotocolV1 {
			l.joinV1(e.Peer)
		} else {
			l.join(newConn(l.session, e.Peer, false, l.options, nil, nil))
		}
		return
	}
	g, c := l.find(e.Peer)
	switch {
	case g != nil:
		l.handleGate(g, e)
	case c != nil && e.Kind == signaling.Delivered:
		c.deliver(e)
	case c != nil:
		c.heard(e)
	}
	if e.Kind == signaling.Gone {
		if g != nil && e.Reason == signaling.ReasonTimeout {
			l.remember(g)
		}
		l.leave(e.Peer)
	}
}

// remember keeps which link a client had that was away for too long: it may come back and
// ask (L2).
func (l *Listener) remember(g *gate) {
	g.mu.Lock()
	last := g.door.Link()
	g.mu.Unlock()
	if last == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for peer := range l.past {
		if len(l.past) < maxPast {
			break
		}
		delete(l.past, peer)
	}
	l.past[g.peer] = last.ID()
}

func (l *Listener) handleGate(g *gate, e signaling.Event) {
	switch e.Kind {
	case signaling.Delivered:
		g.receive(e)
		return
	case signaling.Undelivered:
		g.doubt()
		return
	case signaling.Away:
		g.path(false)
	case signaling.Back:
		g.path(true)
	}
	if c := g.current(); c != nil {
		c.heard(e)
	}
}

// joinV1 lets in a client that speaks v1. It becomes a Conn when it opens a link.
func (l *Listener) joinV1(peer protocol.ID) {
	g := newGate(l.carrier, peer, false, l.session.Hello().Limits.Outbox)
	g.open = func(opened *link.Link) *Conn {
		c := newConn(l.session, peer, false, l.options, g, opened)
		g.later = append(g.later, func() { l.join(c) })
		return c
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if id, ok := l.past[peer]; ok {
		g.door.Remember(id, ReasonTimeout)
	}
	l.gates[peer] = g
}

// join has a Conn accepted, or turns it away.
func (l *Listener) join(c *Conn) {
	c.release = func() { l.forget(c) }
	l.mu.Lock()
	l.conns[c] = struct{}{}
	if c.gate == nil {
		l.base[c.peer] = c
	}
	l.mu.Unlock()
	if l.backlog.Offer(c, 1) != nil {
		l.running.Go(func() { _ = c.Close() })
	}
}

// find returns what there is of a client: a gate, a Conn that is not reliable, or neither
// if this side has closed it.
func (l *Listener) find(peer protocol.ID) (*gate, *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gates[peer], l.base[peer]
}

// leave notes that a client will not be back. Its Conn may have a direct path still, and
// is not closed until the application says so.
func (l *Listener) leave(peer protocol.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.gates, peer)
	delete(l.base, peer)
}

// offline tells everybody that the connection to the relay is lost.
func (l *Listener) offline() {
	gates, base := l.everybody()
	for _, g := range gates {
		g.path(false)
		if c := g.current(); c != nil {
			base = append(base, c)
		}
	}
	for _, c := range base {
		c.status.set(func(s *status) { s.offline = true })
	}
}

func (l *Listener) everybody() (gates []*gate, base []*Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.gates {
		gates = append(gates, g)
	}
	for _, c := range l.base {
		base = append(base, c)
	}
	return gates, base
}

// current returns the Conn of the current link, or nil.
func (g *gate) current() *Conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.conn
}
