// Package relay is the relay itself: it introduces a server and its clients to
// one another and carries their messages, as protocol/PROTOCOL.md says.
//
// A message's way: wsconn reads it from the socket (read.go), route decides (route.go), room
// names the receiver, and wsconn writes it to the receiver's socket. No goroutine and no queue
// stands in between while the receiver keeps up. What the relay knows, and which lock guards it,
// stands in state.go.
//
// Locks, in the order in which they are acquired: Relay.mu, a lobby's mu, a connection's
// (package wsconn). No goroutine holds the mu of two lobbies. The mu of the arrivals is never
// held together with one of these. Innermost are the locks of the counters, of a kind of log
// lines, and of package quota: under them this package acquires no other lock. Sockets are
// written under a lobby's mu, where a write never waits, and never under Relay.mu.
package relay

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// New starts a relay. It panics if the configuration is not valid: see [Config.Validate].
func New(config Config) *Relay {
	if err := config.Validate(); err != nil {
		panic("relay: " + err.Error())
	}
	r := &Relay{
		config:   config.withDefaults(),
		mux:      http.NewServeMux(),
		rooms:    make(map[roomKey]*lobby),
		sessions: make(map[*session]struct{}),
		waiters:  make(map[*lobby]struct{}),
		started:  time.Now(),
		arrivals: arrivals{flows: make(map[flow]quota.Place), gone: make(chan struct{}, 1)},
	}
	r.life, r.stop = context.WithCancel(context.Background())
	r.batchFrames, r.batchBytes = max(1, r.config.OutboxFrames/8), r.config.OutboxBytes/8
	r.conns = wsconn.NewGroup(r.config.connections())
	r.sources = r.config.Sources
	r.asking = quota.NewPlaces(r.config.Authorizing)
	r.settings.Store(config.Settings.current())
	r.log = newLogger(r.config.Log)
	if r.config.Returning {
		r.surely.Store(r.config.Window.Milliseconds())
	}
	r.mux.HandleFunc("/server", r.serveServer)
	r.mux.HandleFunc("/client/{id}", r.serveClient)
	r.lookAtClock()
	r.running.Go(r.sweep)
	r.running.Go(func() { r.log.tell(r.life) })
	return r
}

// ServeHTTP takes over the connection of a WebSocket handshake and returns when
// the peer is let in; the session goes on in a goroutine of its own.
func (r *Relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if !r.RefuseLate(w, request) {
		r.mux.ServeHTTP(w, request)
	}
}

// Shutdown closes every connection with CodeRestarting and returns when all
// have ended, or with the context's error when it ends before; then it cuts
// what is left. Connections that come meanwhile are closed in the same way, by
// their handshakes' goroutines, for which it does not wait.
func (r *Relay) Shutdown(ctx context.Context) error {
	r.mu.Lock()
	r.closing = true
	sessions := slices.Collect(maps.Keys(r.sessions))
	r.mu.Unlock()
	// All clients are closed before the first server, since a server that leaves ends its
	// clients, and all of them before those that wait for an answer go on. So peers hear that
	// the relay restarts, and not that their server is gone for good.
	for _, server := range []bool{false, true} {
		for _, s := range sessions {
			if s.server == server {
				s.close(protocol.CodeRestarting, restarting)
			}
		}
	}
	r.stop()

	ended := make(chan struct{})
	go func() {
		r.running.Wait()
		r.log.tellNow()
		r.conns.Close()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	for _, s := range sessions {
		s.conn.Cut()
	}
	<-ended
	return ctx.Err()
}

// Drain asks all peers to go, each at a random moment of its own within a time, so
// that another relay does not get them all at once (D8). It lets nobody in any
// more. It returns nil when all are gone or the time is over, and the context's error
// when that ends before. Shutdown does the rest.
func (r *Relay) Drain(ctx context.Context, within time.Duration) error {
	r.mu.Lock()
	r.closing = true
	sessions := slices.Collect(maps.Keys(r.sessions))
	r.mu.Unlock()
	most := max(within, 1) * 3 / 4 // time is left for who is late
	now, half := r.conns.Now(), max(1, r.conns.Ticks(most/2))
	for _, s := range sessions {
		if !s.v1 {
			due := now + 1 + rand.Int64N(half)
			if s.server { // after its clients, which hear that the relay restarts, and not that it is gone for good
				due += half
			}
			s.due.Store(due)
			continue
		}
		moment := rand.N(most + 1)
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
