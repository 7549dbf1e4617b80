package relay

import (
	"math/rand/v2"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// iceSpread is over how many ticks, of a second at most, peers are told of other ICE
// servers: a hundred thousand messages are not written at once.
const iceSpread = 10

// SetICEServers changes [Config.ICEServers]. Peers that are here are told within ten
// seconds, each at a random moment of its own.
func (r *Relay) SetICEServers(servers func(peer protocol.ID) protocol.ICE) {
	before := r.ice.Load()
	if servers != nil {
		r.ice.Store(&servers)
	} else {
		r.ice.Store(nil)
	}
	if servers == nil && before == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sessions {
		s.iceDue.Store(r.conns.Now() + 1 + rand.Int64N(iceSpread))
	}
}

// iceServers gives what the peer is told now, and sees to it that it is told again when
// half of the time is over (I3).
func (s *session) iceServers() (ice protocol.ICE) {
	before := s.iceDue.Load()
	due := int64(0)
	if servers := s.relay.ice.Load(); servers != nil {
		ice = (*servers)(s.id)
		if ice.ExpiresIn > 0 {
			half := time.Duration(ice.ExpiresIn) * time.Second / 2
			due = max(1, s.relay.conns.Now()+s.relay.conns.Ticks(half))
		}
	}
	// Unless SetICEServers came in between: then it is told soon of what is new.
	s.iceDue.CompareAndSwap(before, due)
	return ice
}
