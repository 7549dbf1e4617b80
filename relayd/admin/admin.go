// Package admin is the operator's separate listener: metrics,
// profiles, health, a status page, and a few actions. None of it is on the public
// address.
//
// With a token, everything requires it except health and the page's own files. Without one
// it listens only on this machine, reading is free, and actions are refused.
package admin

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/turn"
)

// Config is what an admin handler shows and controls. Only TURN, Cluster and the token are optional.
type Config struct {
	Relay   *relay.Relay
	Cluster *cluster.Node     // nil if the relay is alone; else rooms are those of all nodes
	TURN    func() turn.Stats // of the relay's own TURN server; nil if it has none
	Metrics http.Handler      // answers a scrape
	Page    http.Handler      // the status page
	Version string
	Token   []byte        // of [ReadToken]; nil: reading is free, and actions are refused
	Ready   func() bool   // false once relayd shuts down
	End     func()        // starts the shutdown, as SIGTERM does
	Drain   time.Duration // how long the shutdown takes at most
}

// Admin is an [http.Handler]. Its methods may be called concurrently.
type Admin struct {
	config  Config
	rooms   rooms
	started time.Time
	ring    ring
	mux     *http.ServeMux
}

// New returns the handler. Until Run runs, the status page shows no history.
func New(config Config) *Admin {
	a := &Admin{config: config, rooms: alone{config.Relay}, started: time.Now(), mux: http.NewServeMux()}
	if config.Cluster != nil {
		a.rooms = config.Cluster
	}
	a.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	a.mux.HandleFunc("GET /readyz", a.ready)

	a.mux.Handle("GET /metrics", a.reads(config.Metrics))
	a.mux.Handle("GET /status.json", a.reads(http.HandlerFunc(a.status)))
	a.mux.Handle("GET /debug/pprof/", a.reads(http.HandlerFunc(pprof.Index)))
	a.mux.Handle("GET /debug/pprof/profile", a.reads(http.HandlerFunc(pprof.Profile)))
	a.mux.Handle("GET /debug/pprof/symbol", a.reads(http.HandlerFunc(pprof.Symbol)))
	a.mux.Handle("GET /debug/pprof/trace", a.reads(http.HandlerFunc(pprof.Trace)))
	a.mux.Handle("GET /api/rooms", a.reads(http.HandlerFunc(a.listRooms)))
	a.mux.Handle("GET /api/nodes", a.reads(http.HandlerFunc(a.listNodes)))
	a.mux.Handle("GET /api/rooms/{room}", a.reads(http.HandlerFunc(a.room)))

	a.mux.Handle("POST /api/rooms/{room}/close", a.does(a.closeRoom))
	a.mux.Handle("POST /api/peers/{peer}/kick", a.does(a.kick))
	a.mux.Handle("POST /api/drain", a.does(a.drain))
	a.mux.Handle("GET /", config.Page)
	return a
}

// ServeHTTP answers every path of the admin listener.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	a.mux.ServeHTTP(w, r)
}

// Run takes samples for the status page until the context ends.
func (a *Admin) Run(ctx context.Context) {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		now := sample{at: time.Now(), Stats: a.config.Relay.Stats()}
		if a.config.TURN != nil {
			now.turn = a.config.TURN()
		}
		a.ring.add(now)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (a *Admin) ready(w http.ResponseWriter, _ *http.Request) {
	if !a.config.Ready() {
		say(w, http.StatusServiceUnavailable, "shutting down")
		return
	}
	say(w, http.StatusOK, "ready")
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
