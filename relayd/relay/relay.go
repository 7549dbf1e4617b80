// Package relay is the relay itself: it introduces a server and its clients to
// one another and carries their messages, as protocol/PROTOCOL.md says.
//
// A message's way: wsconn reads it from the socket, route decides, room names the receiver,
// and wsconn writes it to the receiver's socket. No goroutine and no queue stands in between
// while the receiver keeps up.
//
// Locks, in the order in which they are acquired: Relay.mu, a lobby's mu, a connection's
// (package wsconn). No goroutine holds the mu of two lobbies. The mu of the arrivals is never
// held together with one of these. Innermost are the locks of the counters, of a kind of log
// lines, and of packages source and admit: under them no other lock is acquired. Sockets are
// written under a lobby's mu, where a write never waits, and never under Relay.mu.
package relay

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/source"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A Relay is an [http.Handler] for `/server` and `/client/ID`; mount it below a
// prefix with [http.StripPrefix]. Its methods may be called concurrently. It
// ends with Shutdown.
type Relay struct {
	// Static after New.
	config Config
	log    logger
	mux    *http.ServeMux

	conns *wsconn.Group

	batchFrames, batchBytes int // what one receiver gets in one piece at the most

	// What can change; config's are those of the start.
	origins atomic.Pointer[admit.Origins]
	access  atomic.Pointer[admit.Authorizer]
	check   atomic.Pointer[Check]                          // nil: nothing is looked at
	ice     atomic.Pointer[func(protocol.ID) protocol.ICE] // nil: there are no ICE servers
	limits  atomic.Pointer[Limits]
	info    atomic.Pointer[[]byte] // nil: the operator tells clients nothing

	counters
	sources  *source.Table
	arrivals arrivals
	peers    atomic.Int64 // connections that were admitted
	told     atomic.Int64 // connections that were not, and are being told so
	turned   atomic.Int64 // connections that are being turned away by the listener

	started time.Time
	absent  atomic.Int64 // peers that are away and remembered; counted by the sweeper
	bars    atomic.Int64 // peers, sources and subjects that rooms keep out, beyond ownBars of each
	surely  atomic.Int64 // by clock: from then on, a server that is not here is nowhere (R10)

	clockWrong atomic.Bool // the time of day cannot be right
	ahead      sync.Once   // a token from the future was logged

	asking   *admit.Places // of peers about which Config.Authorize decides just now
	guesses  *admit.Guesses
	guessing atomic.Int64 // peers that wait because of wrong guesses

	mu       sync.Mutex
	rooms    map[roomKey]*lobby    // guarded by mu
	sessions map[*session]struct{} // guarded by mu
	waiters  map[*lobby]struct{}   // guarded by mu: rooms in which somebody may be away
	past     Traffic               // guarded by mu: of the sessions that are over
	closing  bool                  // guarded by mu: no session is added any more

	running sync.WaitGroup  // the sessions, the sweeper, and who tells of lines left out
	life    context.Context // ends with Shutdown, and with it the sweeper and what waits to be authorized
	stop    context.CancelFunc
}

// New starts a relay.
func New(config Config) *Relay {
	r := &Relay{
		config:   config.withDefaults(),
		mux:      http.NewServeMux(),
		rooms:    make(map[roomKey]*lobby),
		sessions: make(map[*session]struct{}),
		waiters:  make(map[*lobby]struct{}),
		started:  time.Now(),
		sources:  source.NewTable(),
		arrivals: arrivals{flows: make(map[flow]source.Place), gone: make(chan struct{}, 1)},
	}
	r.life, r.stop = context.WithCancel(context.Background())
	r.batchFrames, r.batchBytes = max(1, r.config.OutboxFrames/8), r.config.OutboxBytes/8
	r.conns = wsconn.NewGroup(r.config.connections())
	r.asking = admit.NewPlaces(r.config.Authorizing)
	r.guesses = admit.NewGuesses(r.config.WrongOfSource, r.config.WrongOfAll, r.config.Proxies.Any())
	r.log = newLogger(r.config.Log)
	r.SetLimits(config.Limits)
	r.SetOrigins(config.Origins)
	r.SetAuthorize(config.Authorize)
	r.SetICEServers(config.ICEServers)
	r.SetCheck(config.Check)
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

// SetOrigins changes which web pages may connect from now on. Nobody who is here is
// asked again.
func (r *Relay) SetOrigins(origins admit.Origins) { r.origins.Store(&origins) }

// SetAuthorize changes who decides from now on about peers that come, as
// [Config].Authorize says; nil lets everybody in. Nobody who is here is asked again.
func (r *Relay) SetAuthorize(authorize admit.Authorizer) { r.access.Store(&authorize) }

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

const restarting = "the relay is restarting: connect again in a while"
