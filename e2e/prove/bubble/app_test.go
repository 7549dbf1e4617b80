package bubble

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
)

// An app is a program that listens or dials, and logs.
type app struct {
	world *world
	name  string
	id    string
	room  string
	line  *line
	conns atomic.Int64
	group sync.WaitGroup // everything that it started

	mu     sync.Mutex
	paused chan struct{} // closed when it takes again; nil while it takes
}

func (a *app) event(kind history.Kind, e history.Event) {
	e.Kind, e.App, e.ID, e.Room = kind, a.name, a.id, a.room
	a.world.log.Add(e)
}

// pause has the application take nothing for a while.
func (a *app) pause(d time.Duration) {
	a.mu.Lock()
	if a.paused != nil {
		a.mu.Unlock()
		return
	}
	a.event(history.Paused, history.Event{})
	again := make(chan struct{})
	a.paused = again
	a.mu.Unlock()
	a.group.Go(func() {
		time.Sleep(d)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.event(history.Taking, history.Event{})
		a.paused = nil
		close(again)
	})
}

func (a *app) awaitTaking() {
	a.mu.Lock()
	paused := a.paused
	a.mu.Unlock()
	if paused != nil {
		<-paused
	}
}
