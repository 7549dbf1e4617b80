package sdkproof

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/sdk"
)

// A room is a listener and its clients, each behind a proxy of its own kind: one for
// the listener, one for all clients.
type room struct {
	t         testing.TB
	log       history.Log
	relay     *relayd
	up, down  *chaos.Proxy // the listener's and the clients'
	server    *app
	listener  *sdk.Listener
	accepting sync.WaitGroup

	dialWithin time.Duration

	mu       sync.Mutex
	accepted map[string]*talk // by the client's ID, the newest
	talks    []*talk          // all of them
	joined   *sync.Cond
}

func newRoom(t testing.TB, relay *relayd, seed uint64) *room {
	r := &room{t: t, relay: relay, dialWithin: 2 * patience, accepted: map[string]*talk{}}
	r.joined = sync.NewCond(&r.mu)
	var err error
	r.up, err = chaos.Listen(relay.address, &chaos.Options{Seed: seed})
	require.NoError(t, err)
	r.down, err = chaos.Listen(relay.address, &chaos.Options{Seed: seed + 1})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r.listener, err = sdk.Listen(ctx, "ws://"+r.up.Addr()+"/server", nil)
	require.NoError(t, err)
	r.server = &app{t: t, log: &r.log, name: "server", id: r.listener.ID(), room: r.listener.ID()}
	r.server.event(history.Start, history.Event{})
	r.accepting.Go(r.accept)
	return r
}

func (r *room) accept() {
	for {
		conn, err := r.listener.Accept(context.Background())
		if err != nil {
			return
		}
		talk := r.server.talk(conn)
		r.mu.Lock()
		r.accepted[conn.PeerID()] = talk
		r.talks = append(r.talks, talk)
		r.joined.Broadcast()
		r.mu.Unlock()
	}
}

// dial starts a client and gives both sides of its connection.
func (r *room) dial(name string) (client, server *talk) {
	r.t.Helper()
	return r.dialVia(r.down, name, nil)
}

// dialVia is dial through another proxy, and with options.
func (r *room) dialVia(proxy *chaos.Proxy, name string, options *sdk.Options) (client, server *talk) {
	r.t.Helper()
	url := "ws://" + proxy.Addr() + "/client/" + r.listener.ID()
	ctx, cancel := context.WithTimeout(r.t.Context(), r.dialWithin)
	defer cancel()
	conn, err := sdk.Dial(ctx, url, options)
	for err != nil && ctx.Err() == nil { // the very first connection may be cut
		conn, err = sdk.Dial(ctx, url, options)
	}
	require.NoError(r.t, err)
	a := &app{t: r.t, log: &r.log, name: name, id: conn.ID(), room: r.listener.ID()}
	a.event(history.Start, history.Event{})
	r.mu.Lock()
	before := r.accepted[conn.ID()] // of an earlier instance with the same ID
	r.mu.Unlock()
	client = a.talk(conn)
	stop := context.AfterFunc(ctx, r.joined.Broadcast)
	defer stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.accepted[conn.ID()] == before && ctx.Err() == nil {
		r.joined.Wait()
	}
	if r.accepted[conn.ID()] == before {
		r.t.Errorf("the listener never accepted %s", name)
		return client, before
	}
	return client, r.accepted[conn.ID()]
}

// finish waits for every outcome, closes everything, and judges.
func (r *room) finish(clients []*talk, rules history.Rules, repeat string) *history.Report {
	r.t.Helper()
	r.mu.Lock()
	talks := append(append([]*talk(nil), clients...), r.talks...)
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), rules.Settle+5*time.Second)
	defer cancel()
	for _, t := range talks {
		t.settle(ctx)
	}
	patience := patience
	if ctx.Err() != nil {
		patience = time.Second // it is known already that something is wrong
	}
	var closing sync.WaitGroup
	for _, c := range clients {
		closing.Go(func() {
			c.close()
			c.app.group.Wait()
			if !c.killed {
				c.app.event(history.Stop, history.Event{Reason: "closed"})
			}
		})
	}
	closing.Wait()
	for _, t := range talks[len(clients):] {
		select {
		case <-t.gone:
		case <-time.After(patience):
			r.t.Errorf("the server never heard that %s is gone", t.conn.PeerID())
		}
		t.close()
	}
	require.NoError(r.t, r.listener.Close())
	r.accepting.Wait()
	r.server.group.Wait()
	r.server.event(history.Stop, history.Event{Reason: "closed"})
	require.NoError(r.t, r.up.Close())
	require.NoError(r.t, r.down.Close())
	report := history.Check(r.log.Events(), rules)
	if !report.OK() {
		r.t.Errorf("the promise is broken; to repeat it: %s\n%v", repeat, report)
	}
	return report
}

func table(report *history.Report) string {
	var b strings.Builder
	for _, kind := range []history.Kind{history.Send, history.Delivered, history.Refused, history.Unknown, history.Receive, history.Fault, history.Away, history.Back, history.Gone} {
		fmt.Fprintf(&b, " %s=%d", kind, report.Kinds[kind])
	}
	return fmt.Sprintf("%s violations=%d", strings.TrimSpace(b.String()), len(report.Violations))
}
