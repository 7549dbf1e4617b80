// Package relay implements the relay of protocol/PROTOCOL.md: it introduces a server and its
// clients to each other and carries their messages.
//
// A message's way: wsconn reads it from the socket (read.go), route decides (route.go), room
// names the receiver, and wsconn writes it to the receiver's socket. While the receiver keeps
// up, no goroutine and no queue is in between. The relay's state, and which lock guards it, is
// in state.go.
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
	"strconv"
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
		instance: strconv.FormatUint(rand.Uint64(), 36),
		rooms:    make(map[roomKey]*lobby),
		sessions: make(map[*session]struct{}),
		waiters:  make(map[*lobby]struct{}),
		forwards: make(map[*session]func()),
		received: make(map[*session]string),
		started:  time.Now(),
		arrivals: arrivals{flows: make(map[flow]quota.Place), gone: make(chan struct{}, 1)},
	}
	r.life, r.stop = context.WithCancel(context.Background())
	r.batchFrames, r.batchBytes = max(1, r.config.OutboxFrames/8), r.config.OutboxBytes/8
	r.conns = wsconn.NewGroup(r.config.connections())
	r.sources = r.config.Sources
	r.asking = quota.NewPlaces(r.config.Authorizing)
	r.settings.Store(config.Settings.current())
	r.log = newLogger(r.config.Log, r.config.Names)
	if r.config.Returning {
		r.returnUntil.Store(r.config.Window.Milliseconds())
	}
	r.mux.HandleFunc("/server", r.serveServer)
	r.mux.HandleFunc("/client/{id}", r.serveClient)
	r.lookAtClock()
	r.running.Go(r.sweep)
	r.running.Go(func() { r.log.tell(r.life) })
	return r
}

// ServeHTTP takes over the connection of a WebSocket handshake and returns when the peer is
// let in or refused. The session continues in its own goroutine.
func (r *Relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if !r.RefuseLate(w, request) {
		r.mux.ServeHTTP(w, request)
	}
}

// Shutdown closes every connection with CodeRestarting and returns when all have ended. If the
// context ends first, it cuts the remaining ones and returns the context's error. New
// connections are closed with the same code by the goroutines of their handshakes, for which
// Shutdown does not wait.
func (r *Relay) Shutdown(ctx context.Context) error {
	r.mu.Lock()
	r.closing = true
	sessions := slices.Collect(maps.Keys(r.sessions))
	for _, cut := range r.forwards {
		cut()
	}
	r.mu.Unlock()
	// Close all clients before the first server, because a server that leaves ends its
	// clients, and all of them before stop releases the handshakes that wait. So peers learn
	// that the relay restarts, not that their server is gone for good.
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

// Drain asks all peers to leave, each at a random moment within a duration, so that they do not
// reach another relay all at once (D8). It refuses new connections, except those that another
// node has admitted. In a cluster the servers leave first, because a server takes its room along,
// and the homes of those that this node forwards ask them to leave (see [Relay.Leave]). It returns
// nil when all have left or the time is over, and the context's error if the context ends first.
// Call Shutdown after it.
func (r *Relay) Drain(ctx context.Context, within time.Duration) error {
	most := max(within, 1) * 3 / 4 // the rest is for delays
	r.mu.Lock()
	r.leaveBy = time.Now().Add(most)
	sessions := slices.Collect(maps.Keys(r.sessions))
	r.mu.Unlock()
	r.restart(sessions, most)
	over := time.NewTimer(within)
	defer over.Stop()
	empty := time.NewTicker(50 * time.Millisecond)
	defer empty.Stop()
	for {
		r.mu.Lock()
		left := len(r.sessions) + len(r.forwards)
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

// restart asks sessions to leave within a duration.
func (r *Relay) restart(sessions []*session, most time.Duration) {
	now, half := r.conns.Now(), max(1, r.conns.Ticks(most/2))
	for _, s := range sessions {
		if !s.v1 {
			due := now + 1 + rand.Int64N(half)
			if s.server { // after its clients, so that they learn of the restart, see Shutdown
				due += half
			}
			s.due.Store(due)
			continue
		}
		moment := rand.N(most + 1)
		if r.config.Cluster != nil {
			if moment /= 2; !s.server {
				moment += most / 2
			}
		}
		if !s.greeted.Load() { // nothing may precede HELLO (B7)
			s.close(protocol.CodeRestarting, restarting)
			continue
		}
		notice := protocol.Restarting{ReconnectIn: int(moment.Milliseconds()), TryFor: int(r.config.Window.Milliseconds())}
		_ = s.conn.Send(relayFrame(protocol.TypeRelayRestarting, protocol.AppendRestarting(nil, notice)), 1, nil)
	}
}
