package turn

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// replayedWithin is how long an Allocate is remembered. pion accepts a nonce for up to 61 minutes.
	replayedWithin = 62 * time.Minute

	// maxReplays bounds how many are remembered. The oldest is forgotten first.
	maxReplays = 1 << 14
)

// replays remembers where authenticated Allocates came from (T4). A MESSAGE-INTEGRITY identifies
// a request: it covers the transaction ID, and only who knows the password can make one.
type replays struct {
	mu     sync.Mutex
	seen   map[[20]byte]sighting
	oldest [maxReplays][20]byte // a ring of the keys of seen
	next   int
}

type sighting struct {
	source netip.AddrPort
	at     time.Time
}

func newReplays() *replays { return &replays{seen: make(map[[20]byte]sighting)} }

// isFirst remembers an Allocate. It returns false if it came from another source before.
func (r *replays) isFirst(integrity []byte, source netip.AddrPort, now time.Time) bool {
	var key [20]byte
	copy(key[:], integrity)
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.seen[key]; ok && now.Sub(s.at) < replayedWithin {
		return s.source == source
	} else if !ok {
		delete(r.seen, r.oldest[r.next])
		r.oldest[r.next] = key
		r.next = (r.next + 1) % maxReplays
	}
	r.seen[key] = sighting{source, now}
	return true
}
