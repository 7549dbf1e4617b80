//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/protocol"
)

// parallel is how many idle peers connect, or rooms come and go, at the same time.
const parallel = 64

// idle measures the cost of peers that connect and then do nothing.
func (l *load) idle() {
	t := l.startRelay("")
	empty := l.SettledMemory(t.pid)
	peers := make([]*peer, l.peers)
	holding, held := errgroup.WithContext(l.Ctx) // held ends with the first peer that is lost
	defer func() {
		for _, p := range peers {
			if p != nil {
				_ = p.Close()
			}
		}
		_ = holding.Wait()
	}()
	join := func(i int, path string) (err error) {
		if peers[i], err = t.connect(path); err == nil {
			holding.Go(peers[i].hold)
		}
		return err
	}
	l.Say("%d peers connect", l.peers)
	connect := l.clock(t, func() {
		servers := (l.peers + 1) / 2
		l.Each(servers, parallel, func(_ context.Context, i int) error { return join(i, "/server") })
		l.Each(l.peers-servers, parallel, func(_ context.Context, i int) error {
			return join(servers+i, "/client/"+string(peers[i].id))
		})
	})
	full := l.SettledMemory(t.pid)
	idle := l.clock(t, func() { l.Check(bench.Sleep(held, l.during)) })

	r := l.result(fmt.Sprintf("%d peers, TLS %v", l.peers, l.tls), "peers", l.peers, "tls", l.tls)
	r.Add("connects_per_second", "connects a second", float64(l.peers)/connect.took.Seconds(), "")
	r.Micros("cpu_us_per_connect", "CPU time of a connect, to HELLO", connect.cpu, int64(l.peers))
	r.Field("rss_bytes_before", empty)
	r.Field("rss_bytes", full)
	r.Row("resident memory", float64(full)/(1<<20), "MiB")
	r.Add("rss_bytes_per_peer", "of it for each peer", float64(full-empty)/float64(l.peers)/1024, "KiB")
	r.Add("idle_cpu_percent", "idle, it keeps a core busy", 100*idle.cpu.Seconds()/idle.took.Seconds(), "%")
	l.Print(r)
}

// churn measures rooms that come and go.
func (l *load) churn() {
	t := l.startRelay("")
	var (
		mu        sync.Mutex
		rooms     = bench.NewHistogram() // guarded by mu: the lifetimes of rooms
		measuring atomic.Bool
	)
	ctx, stop := context.WithCancel(l.Ctx)
	group, ctx := errgroup.WithContext(ctx)
	defer group.Wait()
	defer stop()
	for range parallel {
		group.Go(func() error {
			for ctx.Err() == nil {
				began := time.Now()
				if err := visit(t, l.size); err != nil {
					return err
				}
				if mu.Lock(); measuring.Load() {
					rooms.Record(time.Since(began))
				}
				mu.Unlock()
			}
			return nil
		})
	}
	l.Say("rooms come and go")
	l.Check(bench.Sleep(ctx, l.warmup))
	measuring.Store(true)
	took := l.clock(t, func() { l.Check(bench.Sleep(ctx, l.during)) })
	measuring.Store(false)
	stop()
	l.Check(group.Wait())

	r := l.result(fmt.Sprintf("%d rooms at a time, %d bytes", parallel, l.size), "parallel", parallel, "size", l.size)
	r.Add("seconds", "measured", took.took.Seconds(), "s")
	r.Add("rooms_per_second", "rooms a second", float64(rooms.Count())/took.took.Seconds(), "")
	r.Micros("cpu_us_per_peer", "CPU time of a peer's whole visit", took.cpu, 2*rooms.Count())
	r.Add("cpu_percent", "its process keeps a core busy", 100*took.cpu.Seconds()/took.took.Seconds(), "%")
	r.Micros("load_cpu_us_per_peer", "CPU time of the load for it", took.load, 2*rooms.Count())
	r.Micros("room_us_p50", "a room from first to last, p50", rooms.Percentile(50), 1)
	r.Micros("room_us_p99", "p99", rooms.Percentile(99), 1)
	l.Print(r)
}

// visit runs one room: a server connects, a client connects, each sends a message, the client
// leaves, and then the server.
func visit(t *target, size int) error {
	server, err := t.connect("/server")
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := t.connect("/client/" + string(server.id))
	if err != nil {
		return err
	}
	defer client.Close()
	for _, way := range [][2]*peer{{client, server}, {server, client}} {
		text, err := message(way[1].id, size, false)
		if err == nil {
			err = way[0].tell(way[1], text)
		}
		if err != nil {
			return err
		}
	}
	if err := client.leave(); err != nil {
		return err
	}
	for {
		if d, err := server.receive(); err != nil || string(d.Type) == protocol.TypePeerGone {
			return cmp.Or(err, server.leave())
		}
	}
}
