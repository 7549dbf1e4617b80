package talker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/sdk"
)

// An App is one life of a program that listens or dials, and logs. Its fields are set
// before its first Conn and do not change. All methods may be called by many goroutines
// at once.
type App struct {
	Log  *history.Log
	Name string // of this life, unique in the history
	ID   string // at the relay
	Room string // the ID of the room's server

	// Problem takes what is wrong and cannot stand in a history.
	Problem func(format string, args ...any)

	conns atomic.Int64
	group sync.WaitGroup // everything that its Conns have started

	mu     sync.Mutex
	paused chan struct{} // closed when it takes again; nil while it takes
}

// Event logs an event of this program.
func (a *App) Event(kind history.Kind, e history.Event) {
	e.Kind, e.App, e.ID, e.Room = kind, a.Name, a.ID, a.Room
	a.Log.Add(e)
}

// now is the time of the log.
func (a *App) now() int64 {
	if a.Log.Clock != nil {
		return a.Log.Clock()
	}
	return history.Now()
}

// Pause has the application take nothing for a while.
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

// Follow logs when the connection of a listener to the relay breaks, and when it is back:
// it is told of its clients' changes in between only later. It ends when the listener does.
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

// Wait waits for what the program has started, all of whose Conns are closed.
func (a *App) Wait() { a.group.Wait() }

// Stop is Wait, and logs the program's end.
func (a *App) Stop() {
	a.Wait()
	a.Event(history.Stop, history.Event{Reason: "closed"})
}
