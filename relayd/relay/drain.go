package relay

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Drain asks all peers to go, each at a random moment of its own within a time, so
// that another relay does not get them all at once (D8). It lets nobody in any
// more. It returns nil when all are gone or the time is over, and the context's error
// when that ends before. Shutdown does the rest.
func (r *Relay) Drain(ctx context.Context, within time.Duration) error {
	r.mu.Lock()
	r.closing = true
	sessions := slices.Collect(maps.Keys(r.sessions))
	r.mu.Unlock()
	for _, s := range sessions {
		moment := rand.N(max(within, 1)) * 3 / 4 // time is left for who is late
		if !s.v1 {
			s.due.Store(r.conns.Now() + max(1, r.conns.Ticks(moment)))
			continue
		}
		if !s.greeted.Load() { // HELLO would come behind it (B7)
			s.close(protocol.CodeRestarting, restarting)
			continue
		}
		notice := protocol.Restarting{ReconnectIn: int(moment.Milliseconds()), TryFor: int(r.config.Window.Milliseconds())}
		_ = s.conn.Send(relayFrame(protocol.TypeRelayRestarting, protocol.AppendRestarting(nil, notice)), 1, nil)
	}

	over := time.NewTimer(within)
	defer over.Stop()
	empty := time.NewTicker(50 * time.Millisecond)
	defer empty.Stop()
	for {
		r.mu.Lock()
		left := len(r.sessions)
		r.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-empty.C:
		case <-over.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
