package bubble

import (
	"context"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
)

// finish waits for every outcome, closes everything, and leaves nothing behind.
func (w *world) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, t := range w.all() {
		t.settle(ctx) // what has no outcome is a violation of C4 later
	}
	w.leave()
}

func (w *world) all() []*talk {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*talk(nil), w.talks...)
}

// leave closes the clients, then the server's side of each when it has heard of that.
func (w *world) leave() {
	var closing sync.WaitGroup
	for _, t := range w.all() {
		closing.Go(func() {
			if t.app == w.server {
				select {
				case <-t.gone:
				case <-time.After(patience):
					w.problem("the server never heard that %s is gone", t.conn.PeerID())
				}
			}
			t.close()
			if t.app != w.server {
				t.app.group.Wait()
				t.app.event(history.Stop, history.Event{Reason: "closed"})
				t.app.line.transport.CloseIdleConnections()
			}
		})
	}
	closing.Wait()
	if w.listener != nil {
		_ = w.listener.Close()
		w.accepting.Wait()
		w.server.group.Wait()
		w.server.event(history.Stop, history.Event{Reason: "closed"})
		w.server.line.transport.CloseIdleConnections()
	}
	if stats := w.relay.takeLife().end(); stats.Sessions != 0 || stats.Waiting != 0 {
		w.problem("the relay still holds %d sessions and %d bytes when all have left", stats.Sessions, stats.Waiting)
	}
}
