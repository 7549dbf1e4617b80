package wsconn

import "sync"

// smallPart is how much a peer may hold of what has come before it is counted, in bytes.
// Small messages never need the lock of all, and never take the place of others.
const smallPart = growth

// incoming is the budget for what has come and is not on its way: messages that have not
// ended, and messages held back for a slow server (B17). When it is full, the peer is closed
// that has been in it for longest with one message. Peers that send whole messages are in it
// for moments only.
type incoming struct {
	most int64 // static

	mu             sync.Mutex
	bytes          int64 // guarded by mu: the sum of all holdings
	oldest, newest *Conn // guarded by mu: the ends of the list of those that hold something
}

// A holding is what one connection has in the budget; guarded by the budget's mu.
type holding struct {
	bytes        int64
	began        int64 // the connection's began, which tells one message from the next
	older, newer *Conn // the neighbours in the list
	over         bool  // the connection was closed: what it holds is as good as free
}

// hold counts what this connection holds, and soon bytes that it is about to. It has others,
// or this one, closed if that is too much. The reader calls it.
func (c *Conn) hold(soon int) {
	n := cap(c.in.partial) + cap(c.in.fragments) + c.in.kept + soon
	if n <= smallPart {
		n = 0
	}
	if n == 0 && !c.in.counted {
		return
	}
	c.in.counted = n > 0
	for _, oldest := range c.group.incoming.set(c, int64(n)) {
		oldest.handler.Overloaded()
	}
}

// Keep counts n bytes of messages that the handler keeps, in place of those it kept before.
func (c *Conn) Keep(n int) {
	c.in.kept = n
	c.hold(0)
}

// set notes what a connection holds and returns those to be closed for it. These are out of
// the budget: they free their memory as soon as they notice.
func (in *incoming) set(c *Conn, n int64) (oldest []*Conn) {
	in.mu.Lock()
	defer in.mu.Unlock()
	h, began := &c.holding, c.began.Load()
	if h.over {
		return nil
	}
	if h.bytes > 0 && (n == 0 || h.began != began) {
		in.remove(c)
	}
	if n > 0 && h.bytes == 0 {
		h.began = began
		in.append(c)
	}
	in.bytes += n - h.bytes
	h.bytes = n
	for in.bytes > in.most {
		victim := in.oldest
		in.remove(victim)
		victim.holding.over = true
		oldest = append(oldest, victim)
	}
	return oldest
}

// Incoming returns how much all connections hold of unfinished messages, in bytes. Up to
// 4 KiB of a connection are not counted.
func (g *Group) Incoming() int64 {
	in := &g.incoming
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.bytes
}

// append adds a connection to the list as its newest. With mu held.
func (in *incoming) append(c *Conn) {
	c.holding.older = in.newest
	if in.newest != nil {
		in.newest.holding.newer = c
	} else {
		in.oldest = c
	}
	in.newest = c
}

// remove takes a connection, with all that it holds, off the list. With mu held.
func (in *incoming) remove(c *Conn) {
	h := &c.holding
	if h.older != nil {
		h.older.holding.newer = h.newer
	} else {
		in.oldest = h.newer
	}
	if h.newer != nil {
		h.newer.holding.older = h.older
	} else {
		in.newest = h.older
	}
	in.bytes -= h.bytes
	*h = holding{}
}
