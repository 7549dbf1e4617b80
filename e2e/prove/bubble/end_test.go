package bubble

import (
	"context"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/prove/talker"
)

// finish waits for every outcome and closes everything.
func (w *world) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, t := range w.all() {
		t.Settle(ctx) // a message without an outcome then violates C4
	}
	w.leave()
}

func (w *world) all() []*talker.Talk {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*talker.Talk(nil), w.talks...)
}

// leave closes the clients, and then the server's side of each when it has learned of that.
func (w *world) leave() {
	var closing sync.WaitGroup
	for _, t := range w.all() {
		closing.Go(func() {
			if t.App == w.server {
				select {
				case <-t.Gone():
				case <-time.After(patience):
					w.problem("the server never heard that %s is gone", t.Conn.PeerID())
				}
			}
			t.Close()
			if t.App != w.server {
				w.stop(t.App)
			}
		})
	}
	closing.Wait()
	if w.listener != nil {
		_ = w.listener.Close()
		w.accepting.Wait()
		w.stop(w.server)
	}
	stats := w.relay.End()
	if stats.Sessions != 0 || stats.Waiting != 0 {
		w.problem("the relay still holds %d sessions and %d bytes when all have left", stats.Sessions, stats.Waiting)
	}
}

// stop ends a program whose Conns are closed.
func (w *world) stop(a *talker.App) {
	w.noticing.Wait()
	a.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines[a].Close()
}
