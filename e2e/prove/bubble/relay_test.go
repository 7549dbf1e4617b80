package bubble

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
)

// A station is the relay over all its lives, which share one key.
type station struct {
	tokens *resume.Tokens

	mu   sync.Mutex
	life *life // nil while it is down
}

// A life is one process, as it were.
type life struct {
	relay  *relay.Relay
	server *http.Server
	door   *door
	conns  []*conn // the relay's ends; guarded by station.mu
	serve  sync.WaitGroup
}

func newStation() *station {
	r := &station{tokens: resume.NewTokens(resume.NewKey())}
	r.start(false)
	return r
}

func (r *station) start(returning bool) {
	l := &life{door: newDoor(), relay: relay.New(relay.Config{Tokens: r.tokens, Returning: returning})}
	l.server = &http.Server{Handler: l.relay, ReadHeaderTimeout: 5 * time.Second}
	l.serve.Go(func() { _ = l.server.Serve(l.door) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life = l
}

// open gives the door to connect to, nil while there is none.
func (r *station) open() *door {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life == nil {
		return nil
	}
	return r.life.door
}

// hold notes a connection to the life that has a door, and reports whether it lives.
func (r *station) hold(d *door, c *conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life == nil || r.life.door != d {
		return false
	}
	r.life.conns = append(r.life.conns, c)
	return true
}

func (r *station) takeLife() *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.life
	r.life = nil
	return l
}

// kill is SIGKILL: nobody hears more than a reset, and of what was under way half is lost.
func (r *station) kill() {
	l := r.takeLife()
	_ = l.door.Close()
	for _, c := range l.conns {
		c.breaks(cut{by: rst})
	}
	l.end()
}

// drain is SIGTERM: everybody is asked to go within a time. With over the next life begins
// at once, as behind a load balancer; otherwise when this one has ended.
func (r *station) drain(within time.Duration, over bool) {
	r.mu.Lock()
	l := r.life
	r.mu.Unlock()
	if over {
		r.start(true)
	}
	_ = l.relay.Drain(context.Background(), within)
	if !over {
		r.takeLife()
	}
	l.end()
	if !over {
		r.start(true)
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
