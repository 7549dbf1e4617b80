package admit

import (
	"maps"
	"net/netip"
	"sync"
	"time"
)

// Rate is how many wrong guesses there may be: so many at once, and as many again
// Within a time.
type Rate struct {
	Guesses int
	Within  time.Duration
}

func (r Rate) each() time.Duration { return r.Within / time.Duration(r.Guesses) }

// maxSources bounds the memory of a Budget.
const maxSources = 1 << 14

// Budget bounds wrong guesses of one source and of all together. A source is an IPv4
// address, or the /64 of an IPv6 address, which one host can draw its addresses from. Its
// methods may be called concurrently.
//
// (golang.org/x/time/rate cannot give back what was taken some time ago.)
type Budget struct {
	source, total Rate
	exempt        bool // loopback, from the bound of one source

	mu      sync.Mutex
	all     bucket                  // guarded by mu
	sources map[netip.Prefix]bucket // guarded by mu
	swept   time.Time               // guarded by mu: when sources was last tidied
}

// NewBudget makes a budget. Loopback says whether loopback addresses are sources
// like others: behind a proxy on the same machine that is not known as one, all peers
// would share one.
func NewBudget(source, total Rate, loopback bool) *Budget {
	return &Budget{source: source, total: total, exempt: !loopback, sources: make(map[netip.Prefix]bucket)}
}

// Wait is how long a source has to wait until it may guess; 0: it may now. It takes nothing.
func (b *Budget) Wait(from netip.Addr) time.Duration { return b.use(from, 0) }

// Take takes one guess out of the budget, or says how long to wait for one.
func (b *Budget) Take(from netip.Addr) time.Duration { return b.use(from, 1) }

// GiveBack gives back what was taken for a guess that was right.
func (b *Budget) GiveBack(from netip.Addr) { b.use(from, -1) }

func (b *Budget) use(from netip.Addr, guesses time.Duration) time.Duration {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	wait := b.all.wait(b.total, now)
	source, counted := b.bucketOf(from, now)
	one := b.sources[source]
	if counted {
		wait = max(wait, one.wait(b.source, now))
	}
	if guesses > 0 && wait > 0 {
		return wait
	}
	b.all = b.all.take(b.total, guesses, now)
	if counted && guesses != 0 {
		b.sources[source] = one.take(b.source, guesses, now)
	}
	return wait
}

// bucketOf gives the key of a source's bucket. When there is no room for another one
// all further sources share one.
func (b *Budget) bucketOf(from netip.Addr, now time.Time) (source netip.Prefix, counted bool) {
	if b.exempt && from.Unmap().IsLoopback() {
		return source, false
	}
	source, _ = Networks(from.Unmap().WithZone(""))
	if _, known := b.sources[source]; known || len(b.sources) < maxSources {
		return source, true
	}
	if now.Sub(b.swept) >= time.Second {
		b.swept = now
		maps.DeleteFunc(b.sources, func(_ netip.Prefix, one bucket) bool { return !one.empty.After(now) })
		if len(b.sources) < maxSources {
			return source, true
		}
	}
	return netip.Prefix{}, true
}

// A bucket fills by one guess each and empties with the time (as GCRA, ITU-T I.371, does
// it: one number says all).
type bucket struct{ empty time.Time }

func (b bucket) wait(r Rate, now time.Time) time.Duration {
	if !b.empty.After(now) {
		return 0
	}
	return max(0, b.empty.Sub(now)+r.each()-r.Within)
}

func (b bucket) take(r Rate, guesses time.Duration, now time.Time) bucket {
	if b.empty.Before(now) {
		b.empty = now
	}
	return bucket{b.empty.Add(guesses * r.each())}
}
