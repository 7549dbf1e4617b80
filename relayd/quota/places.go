package quota

import "sync"

// Places bounds how many may be somewhere at once, so that no network takes the places of
// all others: one IPv4 address, or the /48 of an IPv6 address, gets another place only
// while it has no more than are free. Its methods may be called concurrently.
type Places struct {
	mu    sync.Mutex
	free  int             // guarded by mu
	taken map[*source]int // guarded by mu
}

// NewPlaces makes so many places.
func NewPlaces(n int) *Places { return &Places{free: n, taken: make(map[*source]int)} }

// Take takes a place for a peer that is counted at a Place, until [Places.GiveBack]. It reports false
// if there is none. The zero Place has a share without bounds.
func (p *Places) Take(at Place) bool {
	network := at.widest()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free <= 0 || network != nil && p.taken[network] > p.free {
		return false
	}
	p.free--
	p.taken[network]++
	return true
}

// GiveBack gives back a place that Take took.
func (p *Places) GiveBack(at Place) {
	network := at.widest()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if p.taken[network]--; p.taken[network] == 0 {
		delete(p.taken, network)
	}
}
