package talker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/sdk"
)

// An App is one life of a program that listens or dials, and logs. Its fields are set before
// its first Conn and do not change. Its methods may be called concurrently.
type App struct {
	Log  *history.Log
	Name string // of this life, unique in the history
	ID   string // at the relay
	Room string // the ID of the room's server

	// Problem reports a failure that cannot be in a history.
	Problem func(format string, args ...any)

	conns atomic.Int64
	group sync.WaitGroup // the goroutines of its Conns

	mu     sync.Mutex
	paused chan struct{} // closed when it receives again; nil while it receives
}

// Event logs an event of this program.
func (a *App) Event(kind history.Kind, e history.Event) {
	e.Kind, e.App, e.ID, e.Room = kind, a.Name, a.ID, a.Room
	a.Log.Add(e)
}

// now returns the time of the log.
func (a *App) now() int64 {
	if a.Log.Clock != nil {
		return a.Log.Clock()
	}
	return history.Now()
}

// Pause has the application receive nothing for a while.
func (a *App) Pause(d time.Duration) {
	a.mu.Lock()
	if a.paused != nil {
		a.mu.Unlock()
		return
	}
	a.Event(history.Paused, history.Event{})
	again := make(chan struct{})
	a.paused = again
	a.mu.Unlock()
	a.group.Add(1)
	time.AfterFunc(d, func() {
		defer a.group.Done()
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Event(history.Taking, history.Event{})
		a.paused = nil
		close(again)
	})
}

// Follow logs when a listener's connection to the relay is lost and when it is back, because the
// listener learns of its clients' changes in between only later. It ends with the listener.
func (a *App) Follow(l *sdk.Listener) {
	a.group.Go(func() {
		for state := l.State(); state != sdk.Closed; {
			before := state
			state, _ = l.WaitState(context.Background(), before)
			switch {
			case state == sdk.Reconnecting:
				a.Event(history.Lost, history.Event{})
			case before == sdk.Reconnecting && state == sdk.Connected:
				a.Event(history.Resumed, history.Event{})
			}
		}
	})
}

func (a *App) awaitTaking() {
	a.mu.Lock()
	paused := a.paused
	a.mu.Unlock()
	if paused != nil {
		<-paused
	}
}

// Wait waits for the program's goroutines. Close all Conns first.
func (a *App) Wait() { a.group.Wait() }

// Stop waits like Wait, and logs the program's end.
func (a *App) Stop() {
	a.Wait()
	a.Event(history.Stop, history.Event{Reason: "closed"})
}
