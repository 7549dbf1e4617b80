package rtc

import "github.com/sebas642/intercessor/protocol"

// Pair is the pair of candidates that a direct path has selected. Local and Remote are their
// types as in SDP, such as host or relay; "" if there is no pair, or the platform does not tell.
type Pair struct {
	Local, Remote string

	// Label says that one of the two is an address that a relay's own TURN server gives out
	// (I7).
	Label bool
}

// TURN reports whether the path leads through a TURN server.
func (p Pair) TURN() bool { return p.Local == "relay" || p.Remote == "relay" }

// isLabel reports whether a candidate of that type and address is a label (I7).
func isLabel(kind, address string) bool { return kind == "relay" && protocol.IsLabel(address) }

// Pair returns the selected pair.
func (p *Peer) Pair() Pair {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pair
}

func (p *Peer) onPair(pair Pair) {
	p.mu.Lock()
	changed := pair != p.pair
	p.pair = pair
	if changed {
		p.changePath()
	}
	p.mu.Unlock()
	if changed {
		p.tellLink(LinkPair)
	}
}
