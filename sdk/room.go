package sdk

import (
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// handle handles an event of the listener's session. It does not block.
func (l *Listener) handle(e signaling.Event) {
	switch e.Kind {
	case signaling.Lost:
		l.status.set(func(s *status) { s.offline = true })
		for _, client := range l.everyone() {
			client.online(false)
		}
		return
	case signaling.Connected:
		l.mux.heed(e.Hello.Limits)
		l.status.set(func(s *status) { s.offline = false })
		return // the relay now reports each client that is back
	case signaling.Joined:
		if p, ok := l.client(e.Peer).(*peer); ok && p.rejoin() {
			p.heard(e)
		} else if e.Protocol == protocol.SubprotocolV1 {
			l.admit(e.Peer)
		} else {
			l.admitPlain(e.Peer)
		}
		return
	}
	client := l.client(e.Peer)
	if client != nil {
		client.heard(e)
	}
	if e.Kind == signaling.Gone {
		l.gone(e.Peer, client, e.Reason)
	}
}

// gone notes that the relay has no such client any more. One whose link goes on directly may come
// back to the relay.
func (l *Listener) gone(id protocol.ID, client remote, reason string) {
	p, ok := client.(*peer)
	if ok && p.alone() {
		return
	}
	if ok && reason == signaling.ReasonTimeout {
		l.remember(p)
	}
	l.leave(id, client)
}

// admit admits a client that speaks v1. It gets a Conn when it opens a link.
func (l *Listener) admit(id protocol.ID) {
	p := newPeer(l.mux, id, false, l.session.Hello().Limits.Outbox, l.options.Paths)
	p.forget = func() { l.gone(id, p, signaling.ReasonTimeout) }
	p.open = func(opened *link.Link) *linked {
		it := newReliable(l.session, p, opened, false, l.options, l.pool)
		it.turns = &l.turns
		p.later(func() { l.join(it.conn) })
		return it
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if past, ok := l.past[id]; ok {
		p.door.Remember(past, string(ReasonTimeout))
	}
	l.clients[id] = p
}

// admitPlain admits a client that speaks the base protocol.
func (l *Listener) admitPlain(id protocol.ID) {
	c, options := newConn(l.session, id, false, l.options, l.pool)
	p := newPlain(c, options)
	c.messages = p
	l.mu.Lock()
	l.clients[id] = p
	l.mu.Unlock()
	l.join(c)
}

// join queues a Conn for Accept, or closes it if the backlog is full.
func (l *Listener) join(c *Conn) {
	c.release = func() { l.forget(c) }
	l.mu.Lock()
	l.conns[c] = struct{}{}
	l.mu.Unlock()
	if it, ok := c.messages.(*linked); ok {
		l.turns.add(it)
	}
	if l.backlog.Offer(c, 1) != nil {
		l.running.Go(func() { _ = c.Close() })
	}
}

// remember keeps the link ID of a client that was away for too long, in case it comes back and
// asks (L2).
func (l *Listener) remember(p *peer) {
	last, ok := p.last()
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.past {
		if len(l.past) < maxPast {
			break
		}
		delete(l.past, id)
	}
	l.past[p.id] = last
}

// client returns a client, or nil if this side has closed it.
func (l *Listener) client(id protocol.ID) remote {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clients[id]
}

// leave notes that a client will not be back. Its Conn may still have a direct path, so only
// the application closes it.
func (l *Listener) leave(id protocol.ID, client remote) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clients[id] == client {
		delete(l.clients, id)
	}
}

// everyone returns all clients.
func (l *Listener) everyone() []remote {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]remote, 0, len(l.clients))
	for _, client := range l.clients {
		all = append(all, client)
	}
	return all
}
