package virtual

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
)

// A Station is the relay over all its lives, which share one key. Make one with
// [NewStation].
type Station struct {
	config relay.Config // static

	mu   sync.Mutex
	life *life // nil while it is down
}

// A life is one process, as it were.
type life struct {
	relay  *relay.Relay
	server *http.Server
	door   *door
	conns  []*conn // the relay's ends; guarded by Station.mu
	serve  sync.WaitGroup
}

// NewStation starts a relay with this configuration. It gives it a key.
func NewStation(config relay.Config) *Station {
	config.Tokens = resume.NewTokens(resume.NewKey())
	s := &Station{config: config}
	s.Start()
	s.config.Returning = true
	return s
}

// Start starts a life after another.
func (r *Station) Start() {
	l := &life{door: newDoor(), relay: relay.New(r.config)}
	l.server = &http.Server{Handler: l.relay, ReadHeaderTimeout: 5 * time.Second}
	l.serve.Go(func() { _ = l.server.Serve(l.door) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life = l
}

// Stats are those of the relay that lives.
func (r *Station) Stats() relay.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.life.relay.Stats()
}

// End ends the relay when all have left, and gives what it still holds: nothing. It may
// be down already.
func (r *Station) End() relay.Stats {
	l := r.takeLife()
	if l == nil {
		return relay.Stats{}
	}
	stats := l.end()
	if stats.Waiting != 0 { // for who came while it ended Shutdown does not wait: they have their time to be told
		time.Sleep(10 * time.Second)
		stats = l.relay.Stats()
	}
	return stats
}

// open gives the door to connect to, nil while there is none.
func (r *Station) open() *door {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life == nil {
		return nil
	}
	return r.life.door
}

// hold notes a connection to the life that has a door, and reports whether it lives.
func (r *Station) hold(d *door, c *conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life == nil || r.life.door != d {
		return false
	}
	r.life.conns = append(r.life.conns, c)
	return true
}

func (r *Station) takeLife() *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.life
	r.life = nil
	return l
}

// Kill is SIGKILL: peers get only a reset, and half of what was under way is lost.
func (r *Station) Kill() {
	l := r.takeLife()
	_ = l.door.Close()
	for _, c := range l.conns {
		c.out.breaks(Cut{By: RST})
	}
	l.end()
}

// Drain is SIGTERM: all peers are asked to leave within a time. With over the next life begins
// at once, as behind a load balancer; otherwise when this one has ended.
func (r *Station) Drain(within time.Duration, over bool) {
	r.mu.Lock()
	l := r.life
	r.mu.Unlock()
	if over {
		r.Start()
	}
	_ = l.relay.Drain(context.Background(), within)
	if !over {
		r.takeLife()
	}
	l.end()
	if !over {
		r.Start()
	}
}

// end ends what is left of a life, and gives what its relay still holds: nothing.
func (l *life) end() relay.Stats {
	ctx, cancel := context.WithTimeout(context.Background(), 9500*time.Millisecond)
	defer cancel()
	_ = l.relay.Shutdown(ctx)
	_ = l.server.Close()
	l.serve.Wait()
	for _, c := range l.conns { // a machine that has gone takes its sockets with it
		_ = c.Close()
	}
	return l.relay.Stats()
}
