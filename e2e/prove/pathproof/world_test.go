package pathproof

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// patience bounds every wait, in virtual time.
const patience = 5 * time.Minute

// A world is the content of one bubble: a relay, a listener and its clients.
type world struct {
	log      history.Log
	begin    time.Time
	relay    *virtual.Station
	packets  virtual.Packets
	listener *sdk.Listener
	server   *program
	clients  []*program // nil: it could not dial

	mu       sync.Mutex // guards what follows
	joined   *sync.Cond
	accepted map[string]*talker.Talk // by the client's ID
	hosts    int
	problems []string // problems that are not in the history
}

// A program is one peer, with its ways out.
type program struct {
	*talker.App
	line  *virtual.Line
	host  *virtual.Host
	roads [2]virtual.Road // up and down, without a fault
	paths sdk.Paths
	told  atomic.Int64 // messages and frames of streams that the relay has written to it

	talk, other *talker.Talk // of a client: its side, and the server's; nil: there is none
}

// in runs a world in its own bubble and judges it. repeat is the command that runs it again,
// for the message about a bubble that cannot end.
func in(t *testing.T, repeat string, run func(w *world)) *verdict {
	w := &world{accepted: map[string]*talker.Talk{}}
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
	v := &verdict{report: history.Check(w.log.Events(), rules()), problems: w.problems, virtual: length}
	v.events = w.log.Events()
	v.turns = turns(v.events)
	return v
}

// rules returns the rules for virtual time, in which only the network causes delays.
func rules() history.Rules {
	return history.Rules{Settle: 75 * time.Second, Skew: time.Millisecond, Delay: time.Second, Mend: mendWithin}
}

// A verdict is the result of a run.
type verdict struct {
	report   *history.Report
	problems []string
	virtual  time.Duration
	events   []history.Event
	turns    int // changes of path while a stream of that pair ran
}

func (v *verdict) ok() bool { return v.report.OK() && len(v.problems) == 0 }

func (v *verdict) String() string { return strings.Join(v.problems, "\n") + "\n" + v.report.String() }

func (w *world) problem(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// address returns the next address that no host has had.
func (w *world) address() netip.Addr {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts++
	return netip.AddrFrom4([4]byte{10, 0, byte(w.hosts >> 8), byte(w.hosts)})
}

// application are the types of what the talkers send, as a frame names them.
var application = [][]byte{[]byte(`"chat"`), []byte(`"x"`), []byte(`"game-state"`), []byte(`"LINK_STREAM"`)}

// program makes a peer that does not run yet.
func (w *world) program(paths sdk.Paths, roads [2]virtual.Road, up, down virtual.Way) *program {
	p := &program{line: virtual.NewLine(w.relay), host: w.packets.Host(w.address()), roads: roads, paths: paths}
	p.host.SetRoads(roads[0], roads[1])
	p.line.SetWays(up, down)
	p.line.Watch(func(b []byte) {
		for _, word := range application {
			p.told.Add(int64(bytes.Count(b, word)))
		}
	})
	return p
}

// start begins the history of a program that has its ID.
func (w *world) start(p *program, name, id string) {
	p.App = &talker.App{Log: &w.log, Name: name, ID: id, Room: w.listener.ID(), Problem: w.problem}
	p.Event(history.Start, history.Event{})
	if p.paths == sdk.PathsRelay || p.paths == sdk.PathsDirect {
		p.Event(history.Bound, history.Event{Name: string(p.paths)})
	}
}

// join connects a program to the relay, whatever happens to the first attempts.
func (w *world) join(p *program, do func(ctx context.Context, options *sdk.Options) error) bool {
	ctx, cancel := context.WithTimeout(sdktest.WithNetwork(context.Background(), p.host), patience)
	defer cancel()
	err := context.Canceled
	for options := (&sdk.Options{HTTPClient: p.line.Client(), Paths: p.paths}); err != nil && ctx.Err() == nil; {
		if err = do(ctx, options); err != nil {
			time.Sleep(10 * time.Millisecond)
		}
	}
	if err != nil {
		w.problem("a program cannot connect to the relay: %v", err)
	}
	return err == nil
}

func (w *world) listen(p *program) bool {
	w.server = p
	return w.join(p, func(ctx context.Context, options *sdk.Options) (err error) {
		if w.listener, err = sdk.Listen(ctx, "ws://relay/server", options); err == nil {
			w.start(p, "server", w.listener.ID())
			p.Follow(w.listener)
		}
		return err
	})
}

// accept runs until the listener is closed.
func (w *world) accept(seed uint64) {
	for {
		conn, err := w.listener.Accept(context.Background())
		if err != nil {
			if err != sdk.ErrClosed {
				w.problem("the listener ended: %v", err)
			}
			return
		}
		talk := w.server.Talk(conn)
		talk.Paths()
		talk.Serve(seed)
		w.mu.Lock()
		w.accepted[conn.PeerID()] = talk
		w.joined.Broadcast()
		w.mu.Unlock()
	}
}

func (w *world) dial(p *program, name string, seed uint64) bool {
	ok := w.join(p, func(ctx context.Context, options *sdk.Options) error {
		conn, err := sdk.Dial(ctx, "ws://relay/client/"+w.listener.ID(), options)
		if err == nil {
			w.start(p, name, conn.ID())
			p.talk = p.Talk(conn)
			p.talk.Paths()
			p.talk.Serve(seed)
		}
		return err
	})
	if ok {
		p.other = w.otherOf(p.talk)
	}
	return ok && p.other != nil
}

// otherOf waits for the server's side of a client's connection and returns it.
func (w *world) otherOf(client *talker.Talk) *talker.Talk {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stop := context.AfterFunc(ctx, w.joined.Broadcast)
	defer stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.accepted[client.Conn.ID()] == nil && ctx.Err() == nil {
		w.joined.Wait()
	}
	if w.accepted[client.Conn.ID()] == nil {
		w.problems = append(w.problems, "the listener never accepted "+client.App.Name)
	}
	return w.accepted[client.Conn.ID()]
}
