package quota

import "sync"

// Places bounds the peers that may do something at once, so that no network takes all
// places: one IPv4 address, or one IPv6 /48, gets another place only while it has no more than
// are free. Its methods may be called concurrently.
type Places struct {
	mu    sync.Mutex
	free  int             // guarded by mu
	taken map[*source]int // guarded by mu
}

// NewPlaces returns n free places.
func NewPlaces(n int) *Places { return &Places{free: n, taken: make(map[*source]int)} }

// Take takes a place for a peer of a source, until [Places.GiveBack]. It returns false if
// there is none. The zero Place is bounded only by the free places.
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

// GiveBack reverses Take.
func (p *Places) GiveBack(at Place) {
	network := at.widest()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if p.taken[network]--; p.taken[network] == 0 {
		delete(p.taken, network)
	}
}
