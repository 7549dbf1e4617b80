package pathproof

import (
	"context"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/talker"
)

// leave waits for every outcome and closes everything: the clients, and then the server's side of
// each when it has learned of that.
func (w *world) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var closing sync.WaitGroup
	for _, c := range w.clients {
		if c.talk == nil {
			continue
		}
		closing.Go(func() {
			c.talk.Settle(ctx) // a message without an outcome then violates C4
			if c.other != nil {
				c.other.Settle(ctx)
			}
			c.talk.Close()
			c.Stop()
			if c.other != nil {
				w.await(c.other)
				c.other.Close()
			}
		})
	}
	closing.Wait()
	if w.listener != nil {
		_ = w.listener.Close()
		w.server.Stop()
	}
	if stats := w.relay.End(); stats.Sessions != 0 || stats.Waiting != 0 {
		w.problem("the relay still holds %d sessions and %d bytes when all have left", stats.Sessions, stats.Waiting)
	}
	for _, p := range append(w.clients, w.server) {
		p.line.Close()
		if p.App == nil {
			continue
		}
		packets, sockets := p.host.Seen()
		p.Event(history.Crossed, history.Event{Name: "direct", Value: float64(packets)})
		p.Event(history.Crossed, history.Event{Name: "relay", Value: float64(p.told.Load())})
		p.Event(history.Measure, history.Event{Name: "sockets of " + p.Name, Reason: "before"})
		p.Event(history.Measure, history.Event{Name: "sockets of " + p.Name, Value: float64(sockets), Reason: "after"})
	}
}

func (w *world) await(t *talker.Talk) {
	select {
	case <-t.Gone():
	case <-time.After(patience):
		w.problem("the server never heard that %s is gone", t.Conn.PeerID())
	}
}

// turns counts the changes of path of ends that have a stream open.
func turns(events []history.Event) (n int) {
	type end struct {
		app  string
		conn int
	}
	route, open := map[end]string{}, map[end]map[int]bool{}
	for _, e := range events {
		at := end{e.App, e.Conn}
		switch e.Kind {
		case history.Path:
			if before := route[at]; before != "" && len(open[at]) > 0 {
				n++
			}
			route[at] = e.Name
		case history.Wrote, history.ReadTo:
			if open[at] == nil {
				open[at] = map[int]bool{}
			}
			open[at][e.Stream] = true
		case history.Cut, history.Sent:
			delete(open[at], e.Stream)
		}
	}
	return n
}
