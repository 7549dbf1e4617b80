package bubble

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/sdk"
)

// patience bounds every wait, in virtual time.
const patience = 3 * time.Minute

// A world is the content of one bubble: a relay, a listener and its clients.
type world struct {
	log      history.Log
	begin    time.Time
	relay    *virtual.Station
	server   *talker.App
	listener *sdk.Listener
	clients  []*talker.App

	accepting sync.WaitGroup
	noticing  sync.WaitGroup // waits until the peers that were silently cut off know it

	mu       sync.Mutex
	joined   *sync.Cond
	accepted map[string]*talker.Talk // by the client's ID
	talks    []*talker.Talk          // all, of both sides
	lines    map[*talker.App]*virtual.Line
	problems []string // problems that are not in the history

	behindHeader bool // cut the client's connection between a frame's header and its payload
}

// in runs a world in its own bubble and judges it. repeat is the command that runs it again,
// for the message about a bubble that cannot end.
func in(t *testing.T, repeat string, rules history.Rules, run func(w *world)) *verdict {
	w := &world{accepted: map[string]*talker.Talk{}, lines: map[*talker.App]*virtual.Line{}}
	w.joined = sync.NewCond(&w.mu)
	defer func() {
		if p := recover(); p != nil {
			fmt.Printf("a bubble cannot end; to repeat it: %s\n", repeat)
			panic(p)
		}
	}()
	// Outside the bubble, in real time.
	frozen := time.AfterFunc(2*time.Minute, func() {
		debug.SetTraceback("all")
		panic("virtual time stands still; to repeat it: " + repeat)
	})
	defer frozen.Stop()
	var length time.Duration
	synctest.Test(t, func(*testing.T) {
		w.begin = time.Now()
		w.log.Clock = func() int64 { return int64(time.Since(w.begin)) + 1 }
		w.relay = virtual.NewStation(relay.Config{})
		run(w)
		length = time.Since(w.begin)
	})
	return &verdict{report: history.Check(w.log.Events(), rules), problems: w.problems, virtual: length, world: w}
}

// A verdict is the result of a run.
type verdict struct {
	report   *history.Report
	problems []string
	virtual  time.Duration
	world    *world
}

func (v *verdict) ok() bool { return v.report.OK() && len(v.problems) == 0 }

func (v *verdict) String() string {
	return strings.Join(v.problems, "\n") + "\n" + v.report.String()
}

func (w *world) problem(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// app starts the history of a program that has its ID.
func (w *world) app(name, id string, l *virtual.Line) *talker.App {
	a := &talker.App{Log: &w.log, Name: name, ID: id, Room: w.listener.ID(), Problem: w.problem}
	a.Event(history.Start, history.Event{})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines[a] = l
	return a
}

// listen starts the server's program.
func (w *world) listen(l *virtual.Line) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	options := &sdk.Options{HTTPClient: l.Client(), Paths: sdk.PathsRelay} // virtual time stands still while a socket is read
	var err error
	for ctx.Err() == nil { // the first connection may be cut
		if w.listener, err = sdk.Listen(ctx, "ws://relay/server", options); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		w.problem("Listen gave the error %v", err)
		return false
	}
	w.server = w.app("server", w.listener.ID(), l)
	w.server.Follow(w.listener)
	w.accepting.Go(w.accept)
	return true
}

func (w *world) accept() {
	for {
		conn, err := w.listener.Accept(context.Background())
		if err != nil {
			if err != sdk.ErrClosed {
				w.problem("the listener ended: %v", err)
			}
			return
		}
		talk := w.server.Talk(conn)
		w.mu.Lock()
		w.accepted[conn.PeerID()] = talk
		w.talks = append(w.talks, talk)
		w.joined.Broadcast()
		w.mu.Unlock()
	}
}

// dial starts a client and returns its side of the connection, or nil.
func (w *world) dial(name string, l *virtual.Line) *talker.Talk {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	options := &sdk.Options{HTTPClient: l.Client(), Paths: sdk.PathsRelay} // virtual time stands still while a socket is read
	var conn *sdk.Conn
	var err error
	for ctx.Err() == nil {
		if conn, err = sdk.Dial(ctx, "ws://relay/client/"+w.listener.ID(), options); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		w.problem("Dial of %s gave the error %v", name, err)
		return nil
	}
	a := w.app(name, conn.ID(), l)
	t := a.Talk(conn)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients = append(w.clients, a)
	w.talks = append(w.talks, t)
	return t
}

// other waits for the server's side of a client's connection and returns it.
func (w *world) other(client *talker.Talk) *talker.Talk {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stop := context.AfterFunc(ctx, w.joined.Broadcast)
	defer stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.accepted[client.Conn.ID()] == nil && ctx.Err() == nil {
		w.joined.Wait()
	}
	return w.accepted[client.Conn.ID()]
}
