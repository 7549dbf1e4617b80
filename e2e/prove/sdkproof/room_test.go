package sdkproof

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

// A room is a listener and its clients. The listener is behind one proxy, all clients behind
// another.
type room struct {
	t         testing.TB
	log       history.Log
	relay     *relayproc.Relay
	up, down  *chaos.Proxy // the listener's and the clients'
	server    *talker.App
	listener  *sdk.Listener
	accepting sync.WaitGroup

	dialWithin time.Duration
	killed     *talker.Talk // the history says that its program was killed

	mu       sync.Mutex
	accepted map[string]*talker.Talk // by the client's ID, the newest
	talks    []*talker.Talk          // all of them
	joined   *sync.Cond
}

func newRoom(t testing.TB, relay *relayproc.Relay, seed uint64) *room {
	r := &room{t: t, relay: relay, dialWithin: 2 * form.Patience(), accepted: map[string]*talker.Talk{}}
	r.joined = sync.NewCond(&r.mu)
	var err error
	r.up, err = chaos.Listen(relay.Addr, &chaos.Options{Seed: seed})
	require.NoError(t, err)
	r.down, err = chaos.Listen(relay.Addr, &chaos.Options{Seed: seed + 1})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), form.Patience())
	defer cancel()
	r.listener, err = sdk.Listen(ctx, "ws://"+r.up.Addr()+"/server", nil)
	require.NoError(t, err)
	r.server = r.app("server", r.listener.ID())
	r.server.Follow(r.listener)
	r.accepting.Go(r.accept)
	return r
}

// app starts the history of a program that has its ID.
func (r *room) app(name, id string) *talker.App {
	a := &talker.App{Log: &r.log, Name: name, ID: id, Room: r.listener.ID(), Problem: r.t.Errorf}
	a.Event(history.Start, history.Event{})
	return a
}

func (r *room) accept() {
	for {
		conn, err := r.listener.Accept(context.Background())
		if err != nil {
			return
		}
		talk := r.server.Talk(conn)
		r.mu.Lock()
		r.accepted[conn.PeerID()] = talk
		r.talks = append(r.talks, talk)
		r.joined.Broadcast()
		r.mu.Unlock()
	}
}

// dial starts a client and returns both sides of its connection.
func (r *room) dial(name string) (client, server *talker.Talk) {
	r.t.Helper()
	return r.dialVia(r.down, name, nil)
}

// dialVia is dial through another proxy, and with options.
func (r *room) dialVia(proxy *chaos.Proxy, name string, options *sdk.Options) (client, server *talker.Talk) {
	r.t.Helper()
	url := "ws://" + proxy.Addr() + "/client/" + r.listener.ID()
	ctx, cancel := context.WithTimeout(r.t.Context(), r.dialWithin)
	defer cancel()
	r.mu.Lock()
	before := maps.Clone(r.accepted) // earlier instances; the listener may accept this one before Dial returns
	r.mu.Unlock()
	conn, err := sdk.Dial(ctx, url, options)
	for err != nil && ctx.Err() == nil { // the first connection may be cut
		conn, err = sdk.Dial(ctx, url, options)
	}
	require.NoError(r.t, err)
	a := r.app(name, conn.ID())
	client = a.Talk(conn)
	stop := context.AfterFunc(ctx, r.joined.Broadcast)
	defer stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.accepted[conn.ID()] == before[conn.ID()] && ctx.Err() == nil {
		r.joined.Wait()
	}
	if r.accepted[conn.ID()] == before[conn.ID()] {
		r.t.Errorf("the listener never accepted %s", name)
		return client, before[conn.ID()]
	}
	return client, r.accepted[conn.ID()]
}

// finish waits for every outcome, closes everything, and judges the history.
func (r *room) finish(clients []*talker.Talk, rules history.Rules, repeat string) *history.Report {
	r.t.Helper()
	r.mu.Lock()
	talks := append(append([]*talker.Talk(nil), clients...), r.talks...)
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), rules.Settle+5*time.Second)
	defer cancel()
	for _, t := range talks {
		t.Settle(ctx)
	}
	patience := form.Patience()
	if ctx.Err() != nil {
		patience = time.Second // the test has already failed
	}
	var closing sync.WaitGroup
	for _, c := range clients {
		closing.Go(func() {
			if c == r.killed {
				c.Release()
				c.App.Wait()
				return
			}
			c.Close()
			c.App.Stop()
		})
	}
	closing.Wait()
	for _, t := range talks[len(clients):] {
		select {
		case <-t.Gone():
		case <-time.After(patience):
			r.t.Errorf("the server was never told that %s is gone", t.Conn.PeerID())
		}
		t.Close()
	}
	require.NoError(r.t, r.listener.Close())
	r.accepting.Wait()
	r.server.Stop()
	require.NoError(r.t, r.up.Close())
	require.NoError(r.t, r.down.Close())
	report := history.Check(r.log.Events(), rules)
	if !report.OK() {
		r.t.Errorf("the promise is broken; to repeat it: %s\n%v", repeat, report)
	}
	return report
}

func table(report *history.Report) string {
	return fmt.Sprintf("%s violations=%d", talker.Tally(report.Kinds), len(report.Violations))
}
