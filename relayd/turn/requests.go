package turn

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
)

// networks is how many meters share the networks of the Internet. Two networks share one with a
// probability of 1 in 16,384, and which ones cannot be told from outside.
const networks = 1 << 14

// A requestMeter counts requests of one sender.
type requestMeter struct{ quota.Meter }

// take counts a request, unless it would exceed the rate.
func (m *requestMeter) take(rate quota.Rate, now time.Duration) bool {
	if m.Wait(rate, 1, now) > 0 {
		return false
	}
	m.Take(rate, 1, now)
	return true
}

// A sharedMeter counts requests of many senders.
type sharedMeter struct {
	mu    sync.Mutex
	meter quota.Meter // guarded by mu
}

// turn counts a request and returns how long it has to wait: first come, first served.
func (m *sharedMeter) turn(rate quota.Rate, now time.Duration) (wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wait = m.meter.Wait(rate, 1, now)
	m.meter.Take(rate, 1, now)
	return wait
}

// giveBack takes back a request that did not wait for its turn. So no more wait than there are
// connections.
func (m *sharedMeter) giveBack(rate quota.Rate, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.meter.Take(rate, -1, now)
}

// requests limits one kind of request over UDP, of each network and of all (T5). Sources can be
// forged, so its memory is fixed.
type requests struct {
	seed  maphash.Seed
	begun time.Time

	mu     sync.Mutex
	meters [networks]requestMeter
	all    requestMeter
}

func newRequests() *requests { return &requests{seed: maphash.MakeSeed(), begun: time.Now()} }

// take counts a request. It returns false and a reason if a limit is exceeded.
func (r *requests) take(source netip.Addr, limits *Limits) (why reason, ok bool) {
	network, _ := source.WithZone("").Prefix(24)
	if source.Is6() {
		network, _ = source.WithZone("").Prefix(56)
	}
	cell := maphash.Comparable(r.seed, network) % networks
	now := time.Since(r.begun)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all.Wait(limits.ofAllNetworks(), 1, now) > 0 {
		return overRequests, false
	}
	if !r.meters[cell].take(limits.ofNetwork(), now) {
		return overNetwork, false
	}
	r.all.Take(limits.ofAllNetworks(), 1, now)
	return 0, true
}
