package wsconn

import "sync"

// smallPart is how many received bytes a peer may hold uncounted. Small messages never need
// the budget's mu, and never use the budget.
const smallPart = growth

// incoming is the budget for received bytes that are not handled: unfinished messages, and
// messages that the handler keeps (B17). When it is exceeded, the connection whose message has
// been in it for longest is closed. Whole messages are in it only briefly.
type incoming struct {
	most int64 // static

	mu             sync.Mutex
	bytes          int64 // guarded by mu: the sum of all holdings
	oldest, newest *Conn // guarded by mu: the ends of the list of connections that hold something
}

// A holding is what one connection has in the budget; guarded by the budget's mu.
type holding struct {
	bytes        int64
	began        int64 // Conn.began, which identifies the message
	older, newer *Conn // the neighbours in the list
	over         bool  // the connection is being closed: its bytes no longer count
}

// hold counts the bytes that this connection holds, and soon bytes that it is about to
// allocate. If the budget is exceeded, it calls Overloaded of the oldest connections, which
// may include this one. The reader calls it.
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

// Keep counts n bytes of messages that the handler keeps. It replaces the previous count.
func (c *Conn) Keep(n int) {
	c.in.kept = n
	c.hold(0)
}

// set stores how many bytes a connection holds and returns the connections to close. These
// no longer count: they free their memory soon.
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

// Incoming returns how many bytes of unhandled messages all connections hold. A connection
// with up to 4 KiB does not count.
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

// remove takes a connection and its bytes out of the budget. With mu held.
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
