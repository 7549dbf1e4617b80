package clusterproof

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/sdk"
)

// A town is some rooms whose peers talk all the time, and newcomers that visit them.
type town struct {
	*world
	log   history.Log // of the faults, and of rooms without a log of their own
	rooms []*room
	next  string // the build that "node upgraded" starts

	// chat has one side of a Conn talk until talking ends: that of the k-th client of a room.
	chat func(talk *talker.Talk, room, k int)

	talking context.Context // ends when no more messages must be sent
	quiet   context.CancelFunc
	traffic sync.WaitGroup
}

// A room is a listener, the clients that stay, and what the listener has accepted.
type room struct {
	*town
	number   int
	log      *history.Log
	server   *talker.App
	listener *sdk.Listener
	clients  []*talker.Talk

	accepting sync.WaitGroup
	mu        sync.Mutex
	accepted  []*talker.Talk // guarded by mu
}

func newTown(t testing.TB, w *world, rooms, clients int) *town {
	v := &town{world: w}
	v.talking, v.quiet = context.WithCancel(context.Background())
	v.chat = func(talk *talker.Talk, room, k int) { talk.Chat(v.talking, uint64(room*1000+k)) }
	for i := range rooms {
		r, err := v.open(i, clients, &v.log)
		require.NoError(t, err)
		v.rooms = append(v.rooms, r)
	}
	return v
}

// open opens a room whose history is in a log, and has its peers talk.
func (v *town) open(number, clients int, log *history.Log) (*room, error) {
	r := &room{town: v, number: number, log: log}
	ctx := patience.Context(v.t)
	var err error
	if r.listener, err = enter(ctx, sdk.Listen, "ws://relay/server", v.options(number)); err != nil {
		return nil, err
	}
	r.server = r.app(fmt.Sprint("server ", number), r.listener.ID())
	r.server.Follow(r.listener)
	r.accepting.Go(r.accept)
	for k := range clients {
		conn, err := enter(ctx, sdk.Dial, r.listener.ClientURL(), v.options(number+k))
		if err != nil {
			return nil, err
		}
		talk := r.app(fmt.Sprintf("client %d.%d", number, k), conn.ID()).Talk(conn)
		r.clients = append(r.clients, talk)
		v.traffic.Go(func() { v.chat(talk, number, k) })
	}
	return r, nil
}

// enter listens or dials, and goes on for longer than the SDK does while the relay says that it may
// be tried again.
func enter[T any](ctx context.Context, try func(context.Context, string, *sdk.Options) (T, error), url string, options *sdk.Options) (got T, err error) {
	for {
		var relay *sdk.RelayError
		if got, err = try(ctx, url, options); !errors.As(err, &relay) || !relay.Code.Retry() || ctx.Err() != nil {
			return got, err
		}
	}
}

// app starts the history of a program that has its ID.
func (r *room) app(name, id string) *talker.App {
	a := &talker.App{Log: r.log, Name: name, ID: id, Room: r.listener.ID(), Problem: r.t.Errorf}
	a.Event(history.Start, history.Event{})
	return a
}

// accept answers each client, and releases those that leave.
func (r *room) accept() {
	for n := 0; ; n++ {
		conn, err := r.listener.Accept(context.Background())
		if err != nil {
			r.hear(r.server, err)
			return
		}
		talk := r.server.Talk(conn)
		r.mu.Lock()
		r.accepted = append(r.accepted, talk)
		r.mu.Unlock()
		r.traffic.Go(func() { r.chat(talk, r.number, n) })
		r.accepting.Go(func() {
			<-talk.Gone()
			talk.Release()
		})
	}
}

// hear logs a final code of the relay.
func (r *room) hear(app *talker.App, err error) {
	if code := final(err); code != 0 {
		app.Event(history.Final, history.Event{Name: strconv.Itoa(int(code)), Reason: err.Error()})
	}
}

// visitEvery is the pause between two newcomers to a town.
const visitEvery = 300 * time.Millisecond

// visit sends newcomers to the rooms, one after the other: each says something and leaves.
func (v *town) visit(seed uint64) {
	for n := 0; v.talking.Err() == nil; n++ {
		r := v.rooms[(n+int(seed))%len(v.rooms)]
		v.traffic.Go(func() { r.drop(fmt.Sprintf("newcomer %d", n), n) })
		form.Pause(v.talking, visitEvery)
	}
}

// drop is one newcomer's life.
func (r *room) drop(name string, first int) {
	ctx, cancel := context.WithTimeout(r.talking, 30*time.Second)
	defer cancel()
	conn, err := sdk.Dial(ctx, r.listener.ClientURL(), r.options(first))
	if err != nil {
		r.hear(&talker.App{Log: r.log, Name: name, Room: r.listener.ID()}, err)
		return
	}
	app := r.app(name, conn.ID())
	talk := app.Talk(conn)
	if talk.Send(ctx, 50) == nil {
		talk.Settle(ctx)
	}
	r.hear(app, conn.Err())
	talk.Close()
	app.Stop()
}

// reach waits until every client has reached its server: a message of now is delivered. A client
// that has backed off for longer than patient gets the hint that the network has changed, as from
// an operating system. It returns false if not all were reached within the time.
func (v *town) reach(patient, within time.Duration) bool {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), within)
	defer cancel()
	var all sync.WaitGroup
	for _, r := range v.rooms {
		for _, c := range r.clients {
			all.Go(func() {
				if err := c.Send(ctx, 50); err != nil {
					v.t.Errorf("%s cannot send: %v", c.App.Name, err)
					r.hear(c.App, c.Conn.Err())
					return
				}
				for !settles(ctx, c, patient) && ctx.Err() == nil && c.Conn.Err() == nil {
					v.t.Logf("%s waits: it is %v, its server %v", c.App.Name, c.Conn.State(), r.listener.State())
					if c.Conn.State() == sdk.Reconnecting {
						c.Conn.NetworkChanged()
					}
					if r.listener.State() == sdk.Reconnecting {
						r.listener.NetworkChanged()
					}
				}
			})
		}
	}
	all.Wait()
	return ctx.Err() == nil && !v.t.Failed()
}

func settles(ctx context.Context, talk *talker.Talk, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return talk.Settle(ctx)
}

// finish ends all peers and judges the history.
func (v *town) finish(rules history.Rules, repeat string) *history.Report {
	v.t.Helper()
	v.end(rules.Settle + 5*time.Second)
	report := history.Check(v.log.Events(), rules)
	if !report.OK() {
		v.t.Errorf("the promise is broken; to repeat it: %s\n%v", repeat, report)
	}
	return report
}

// end ends all peers, once all that they have sent has its outcome, or after a time.
func (v *town) end(within time.Duration) {
	v.t.Helper()
	v.quiet()
	v.traffic.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for _, r := range v.rooms {
		r.mu.Lock()
		accepted := r.accepted
		r.mu.Unlock()
		for _, talk := range append(accepted[:len(accepted):len(accepted)], r.clients...) {
			talk.Settle(ctx)
		}
	}
	var ending sync.WaitGroup
	for _, r := range v.rooms {
		ending.Go(r.end)
	}
	ending.Wait()
}

// end ends the clients and then the server.
func (r *room) end() {
	var clients sync.WaitGroup
	for _, c := range r.clients {
		clients.Go(func() {
			r.hear(c.App, c.Conn.Err())
			c.Close()
			c.App.Stop()
		})
	}
	clients.Wait()
	r.mu.Lock()
	accepted := r.accepted
	r.mu.Unlock()
	late := time.NewTimer(form.Patience())
	defer late.Stop()
	for _, talk := range accepted {
		select {
		case <-talk.Gone():
		case <-late.C:
			r.t.Errorf("the server of room %d was never told that %s is gone", r.number, talk.Conn.PeerID())
			late.Reset(0)
			talk.Close()
		}
	}
	if err := r.listener.Close(); err != nil {
		r.t.Errorf("Close of the listener gave the error %v", err)
	}
	r.accepting.Wait()
	r.server.Stop()
}
