package admit

import (
	"net/netip"
	"sync"
)

// Places bounds how many may be somewhere at once, so that no network takes the places of
// all others: one IPv4 address, or the /48 of an IPv6 address, gets another place only
// while it has no more than are free. Its methods may be called concurrently.
type Places struct {
	mu    sync.Mutex
	free  int                  // guarded by mu
	taken map[netip.Prefix]int // guarded by mu: by network
}

// NewPlaces makes so many places.
func NewPlaces(n int) *Places { return &Places{free: n, taken: make(map[netip.Prefix]int)} }

// Take takes a place, which [Places.GiveBack] gives back, or reports that there is none. The
// zero Addr is of no network.
func (p *Places) Take(from netip.Addr) bool {
	_, site := Networks(from)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free <= 0 || site.IsValid() && p.taken[site] > p.free {
		return false
	}
	p.free--
	p.taken[site]++
	return true
}

// GiveBack gives back a place that Take took for the same address.
func (p *Places) GiveBack(from netip.Addr) {
	_, site := Networks(from)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if p.taken[site]--; p.taken[site] == 0 {
		delete(p.taken, site)
	}
}
