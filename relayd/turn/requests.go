package turn

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
)

// networks is how many meters share the networks of the Internet. Two networks share one with a
// probability of 1 in 16,384, and nobody outside can tell which.
const networks = 1 << 14

// requests limits the unauthenticated requests over UDP (T5). Sources can be forged, so its memory
// is fixed.
type requests struct {
	seed  maphash.Seed
	begun time.Time

	mu     sync.Mutex
	meters [networks]quota.Meter
	all    quota.Meter
}

func newRequests() *requests { return &requests{seed: maphash.MakeSeed(), begun: time.Now()} }

// take counts a request. It returns false and a reason if a limit is exceeded.
func (r *requests) take(source netip.Addr, limits *Limits) (why reason, ok bool) {
	network, _ := source.WithZone("").Prefix(24)
	if source.Is6() {
		network, _ = source.WithZone("").Prefix(56)
	}
	meter := &r.meters[maphash.Comparable(r.seed, network)%networks]
	now := time.Since(r.begun)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case meter.Wait(limits.ofNetwork(), 1, now) > 0:
		return overNetwork, false
	case r.all.Wait(limits.ofAllNetworks(), 1, now) > 0:
		return overRequests, false
	}
	meter.Take(limits.ofNetwork(), 1, now)
	r.all.Take(limits.ofAllNetworks(), 1, now)
	return 0, true
}
