package relay

import (
	"sync"

	"github.com/sebas642/intercessor/protocol"
)

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
	bytes          int64    // guarded by mu: the sum of all holdings
	oldest, newest *session // guarded by mu: the ends of the list of those that hold something
}

// A holding is what one session has in the budget; guarded by the budget's mu.
type holding struct {
	bytes        int64
	began        int64    // the session's began, which tells one message from the next
	older, newer *session // the neighbours in the list
	over         bool     // the session was closed: what it holds is as good as free
}

// holds counts what this session holds, and what it is about to. It closes others, or this
// one, if that is too much. The reading goroutine calls it.
func (s *session) holds(soon int) {
	n := cap(s.in.partial) + cap(s.fragments) + cap(s.held) + soon
	if n <= smallPart {
		n = 0
	}
	if n == 0 && !s.counted {
		return
	}
	s.counted = n > 0
	for _, oldest := range s.relay.incoming.set(s, int64(n)) {
		oldest.close(protocol.CodeOverloaded, "this relay is full of unfinished messages, and yours was the oldest: come again later"+after(later()))
	}
}

// set notes what a session holds and gives the sessions to be closed for it. These are out of
// the budget: they free their memory as soon as they notice.
func (in *incoming) set(s *session, n int64) (oldest []*session) {
	in.mu.Lock()
	defer in.mu.Unlock()
	h, began := &s.holding, s.began.Load()
	if h.over {
		return nil
	}
	if h.bytes > 0 && (n == 0 || h.began != began) {
		in.remove(s)
	}
	if n > 0 && h.bytes == 0 {
		h.began = began
		in.append(s)
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

func (in *incoming) held() int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.bytes
}

// append adds a session to the list as its newest. With mu held.
func (in *incoming) append(s *session) {
	s.holding.older = in.newest
	if in.newest != nil {
		in.newest.holding.newer = s
	} else {
		in.oldest = s
	}
	in.newest = s
}

// remove takes a session, with all that it holds, off the list. With mu held.
func (in *incoming) remove(s *session) {
	h := &s.holding
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
