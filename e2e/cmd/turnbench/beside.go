//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/protocol"
)

const (
	// Of a flood: rooms that together reach the limit in all, and what each of their two
	// allocations offers, a little more than it may send.
	floodRooms = 4
	floodBytes = 4_500_000 // a second
	floodTick  = 2 * time.Millisecond

	answerWithin = 30 * time.Second
)

// beside compares how long messages take while relayd's TURN server has nothing to do, and while
// it relays as much as its limit allows.
func beside(flags *pflag.FlagSet) func(*bench.Run) {
	l := &load{pairs: 1, size: 1200}
	talks := flags.Int("pairs", 20, "pairs of peers that talk")
	rate := flags.Int("rate", 1000, "messages a second, of all pairs; each is answered")
	flags.DurationVar(&l.during, "for", 3*time.Second, "how long each turn is")
	rounds := flags.Int("rounds", 5, "how often both take their turn")
	return func(r *bench.Run) {
		l.Run = r
		relay := r.StartRelay("", nil, "--turn-enabled")
		var floods []pairs
		for range floodRooms {
			peer, hello := join(r, "ws://"+relay.Address+"/server", protocol.SubprotocolV1)
			defer peer.CloseNow()
			go drain(peer)
			p := l.open(targetOf(r, relay, hello))
			defer p.close()
			floods = append(floods, p)
		}
		talk := newTalk(r, relay.Address, *talks)
		defer talk.close()

		side := func(name string, floods []pairs) bench.Side {
			return bench.Side{Name: name, Turn: func() []float64 {
				ctx, stop := context.WithTimeout(r.Ctx, l.during)
				defer stop()
				var arrived atomic.Int64
				var flooding sync.WaitGroup
				for _, p := range floods {
					flooding.Go(func() { p.flood(ctx, l.size, &arrived) })
				}
				latency := talk.measure(ctx, *rate)
				flooding.Wait()
				return []float64{bench.Micros(latency.Percentile(50), 1), bench.Micros(latency.Percentile(99), 1),
					float64(arrived.Load()) / 1e6 / l.during.Seconds()}
			}}
		}
		res := bench.NewResult(fmt.Sprintf("beside: %d rounds, %d pairs, %d messages a second", *rounds, *talks, *rate), "pairs", *talks, "rate", *rate)
		r.Compare(res, *rounds, []bench.Figure{
			{Key: "round_trip_us_p50", Label: "round trip of a message, p50, µs", Ratio: "round_trip_p50_ratio"},
			{Key: "round_trip_us_p99", Label: "p99, µs", Ratio: "round_trip_p99_ratio"},
			{Key: "turn_mb_per_second", Label: "relayed by TURN, MB a second"},
		}, [2]bench.Side{side("idle", nil), side("flooded", floods)})
	}
}

// flood sends from both clients of each pair until ctx ends, and counts the bytes that arrive.
func (p pairs) flood(ctx context.Context, size int, arrived *atomic.Int64) {
	frame := binary.BigEndian.AppendUint16(nil, channel)
	frame = binary.BigEndian.AppendUint16(frame, uint16(size))
	frame = append(frame, make([]byte, size)...)
	var running sync.WaitGroup
	for _, pair := range p {
		for _, c := range pair {
			running.Go(func() {
				tick := time.NewTicker(floodTick)
				defer tick.Stop()
				for ctx.Err() == nil {
					for range floodBytes * int(floodTick) / int(time.Second) / size {
						_, _ = c.Write(frame)
					}
					<-tick.C
				}
			})
			running.Go(func() {
				buffer := make([]byte, 2*maxSize)
				for ctx.Err() == nil {
					_ = c.SetReadDeadline(time.Now().Add(patience))
					if n, err := c.Read(buffer); err == nil {
						arrived.Add(int64(n - header))
					} else if !errors.Is(err, os.ErrDeadlineExceeded) {
						return
					}
				}
			})
		}
	}
	running.Wait()
}

// targetOf returns the TURN server that HELLO names.
func targetOf(r *bench.Run, relay *bench.Relay, hello protocol.Hello) *target {
	var servers []struct{ Username, Credential string }
	r.Check(json.Unmarshal(hello.ICE.Servers, &servers))
	if len(servers) != 1 {
		r.Fail("the relay names %d TURN servers: this relayd has none of its own", len(servers))
	}
	address, err := net.ResolveUDPAddr("udp4", relay.Address)
	r.Check(err)
	return &target{name: "relayd", address: address, pid: relay.PID(), username: servers[0].Username, password: servers[0].Credential}
}

// A talk is pairs of peers, of which the servers answer each message with the same.
type talk struct {
	run     *bench.Run
	clients []*websocket.Conn
	servers []*websocket.Conn
	rooms   []protocol.ID
	serving sync.WaitGroup
}

func newTalk(r *bench.Run, address string, pairs int) *talk {
	t := &talk{run: r}
	for range pairs {
		server, at := join(r, "ws://"+address+"/server")
		client, as := join(r, "ws://"+address+"/client/"+string(at.ID))
		t.servers, t.clients, t.rooms = append(t.servers, server), append(t.clients, client), append(t.rooms, at.ID)
		t.serving.Go(func() {
			for {
				_, frame, err := server.Read(context.Background())
				if err != nil {
					return
				}
				if d, err := protocol.ParseDelivery(frame); err == nil && protocol.ID(d.From) == as.ID {
					_ = server.Write(context.Background(), websocket.MessageText, protocol.AppendEnvelope(nil, as.ID, "echo", d.Message))
				}
			}
		})
	}
	return t
}

func (t *talk) close() {
	for i := range t.clients {
		_ = t.clients[i].CloseNow()
		_ = t.servers[i].CloseNow()
	}
	t.serving.Wait()
}

// measure sends so many messages a second until ctx ends, and returns their round trips.
func (t *talk) measure(ctx context.Context, rate int) bench.Histogram {
	all, failed := bench.NewHistogram(), make(chan error, len(t.clients))
	var mu sync.Mutex
	var talking sync.WaitGroup
	for i, client := range t.clients {
		talking.Go(func() {
			tick := time.NewTicker(time.Second * time.Duration(len(t.clients)) / time.Duration(rate))
			defer tick.Stop()
			within, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			for ctx.Err() == nil {
				<-tick.C
				began := time.Now()
				err := client.Write(within, websocket.MessageText, protocol.AppendEnvelope(nil, t.rooms[i], "echo", []byte(`"are you there?"`)))
				if err == nil {
					_, _, err = client.Read(within)
				}
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				all.Record(time.Since(began))
				mu.Unlock()
			}
		})
	}
	talking.Wait()
	close(failed)
	t.run.Check(<-failed)
	return all
}

// join connects and waits for HELLO.
func join(r *bench.Run, url string, subprotocols ...string) (*websocket.Conn, protocol.Hello) {
	ctx, cancel := context.WithTimeout(r.Ctx, answerWithin)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: subprotocols})
	r.Check(err)
	c.SetReadLimit(protocol.MaxDelivery)
	_, frame, err := c.Read(ctx)
	r.Check(err)
	d, err := protocol.ParseDelivery(frame)
	r.Check(err)
	hello, err := protocol.ParseHello(d.Message)
	r.Check(err)
	return c, hello
}

func drain(c *websocket.Conn) {
	for {
		if _, _, err := c.Read(context.Background()); err != nil {
			return
		}
	}
}
