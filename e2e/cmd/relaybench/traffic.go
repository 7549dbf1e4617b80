//go:build linux

package main

import (
	"slices"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/protocol"
)

// traffic is the rooms of a target in one loop. Clients send, and servers answer each message.
type traffic struct {
	loop
	load    *load
	target  *target
	clients []*client

	again     bool            // after each answer a client sends again
	delivered int64           // received messages of both directions
	latency   bench.Histogram // of half round trips
}

type client struct {
	*end
	request []byte         // the frame that it sends
	sent    chan time.Time // when the messages under way were sent, oldest first
	answers int64          // since the measurement began
}

// open opens rooms with clients each, and sends a first message each way. A client can have at
// most most messages under way.
func (l *load) open(t *target, rooms, clients, most int) *traffic {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	l.Check(err)
	x := &traffic{loop: loop{Run: l.Run, epoll: epoll}, load: l, target: t, latency: bench.NewHistogram()}
	for i := range rooms {
		if i%100 == 0 {
			l.Say("%d of %d rooms are open", i, rooms)
		}
		x.addRoom(clients, most)
	}
	l.Say("measuring")
	return x
}

func (x *traffic) addRoom(clients, most int) {
	var answer []byte                  // the answer's frame for the last client
	answers := make(map[string][]byte) // and by each client's ID
	server, err := x.target.connect("/server")
	x.Check(err)
	for range clients {
		p, err := x.target.connect("/client/" + string(server.id))
		x.Check(err)
		request, err := message(server.id, x.load.size, x.target.v1)
		x.Check(err)
		response, err := message(p.id, x.load.size, x.target.v1)
		x.Check(err)
		if !x.target.bare {
			x.Check(p.tell(server, request))
			x.Check(server.tell(p, response))
		}
		c := &client{request: frame(ws.OpText, request), sent: make(chan time.Time, most)}
		c.end = x.add(p, func([]byte) { x.answered(c) })
		x.clients = append(x.clients, c)
		answer = frame(ws.OpText, response)
		answers[string(p.id)] = answer
		x.step(0) // answers pings
	}
	var e *end
	e = x.add(server, func(payload []byte) {
		if clients > 1 {
			d, err := protocol.ParseDeliveryV1(payload)
			x.Check(err)
			answer = answers[string(d.From)]
		}
		x.delivered++
		e.write(answer)
	})
}

// ask sends a message, which counts as sent at at.
func (x *traffic) ask(c *client, at time.Time) {
	if len(c.sent) == cap(c.sent) {
		x.Fail("the relay falls behind: %d messages of one pair wait for their answers; try a lower --rate", len(c.sent))
	}
	c.sent <- at
	c.write(c.request)
}

// answered handles the answer to the oldest message under way.
func (x *traffic) answered(c *client) {
	if len(c.sent) == 0 {
		x.Fail("an answer came to no message")
	}
	now := time.Now()
	x.latency.Record(now.Sub(<-c.sent) / 2)
	c.answers++
	x.delivered++
	if x.again {
		x.ask(c, now)
	}
}

// closedLoop has each client keep its window of messages under way, first to warm up and then to
// measure. At the end nothing is under way.
func (x *traffic) closedLoop(during time.Duration) *outcome {
	x.again = true
	for _, c := range x.clients {
		for range x.load.window {
			x.ask(c, time.Now())
		}
	}
	x.runFor(x.load.warmup)
	out := x.measure(func() { x.runFor(during) })
	x.settle()
	return out
}

// openLoop sends at a fixed rate, independent of answers. A message counts as sent when it was
// due, even if the load sent it later, so that a slow relay does not distort the measurement.
func (x *traffic) openLoop(rate float64) *outcome {
	x.send(rate, x.load.warmup)
	return x.measure(func() {
		x.send(rate, x.load.during)
		x.settle() // the last answers may be the slowest
	})
}

// send spreads the messages evenly over time and over the clients. A message and its answer
// count as two messages of the rate.
func (x *traffic) send(rate float64, during time.Duration) {
	every := time.Duration(2 * float64(time.Second) / rate)
	x.now = time.Now()
	end := x.now.Add(during)
	for due, i := x.now, 0; due.Before(end); {
		for ; !due.After(x.now); due, i = due.Add(every), i+1 {
			x.ask(x.clients[i%len(x.clients)], due)
		}
		x.step(due.Sub(x.now))
	}
}

// settle waits until every message has its answer.
func (x *traffic) settle() {
	x.again = false
	late := time.Now().Add(patience)
	for _, c := range x.clients {
		for len(c.sent) > 0 {
			if x.now.After(late) {
				x.Fail("the last answers have not come after %v", patience)
			}
			x.step(patience)
		}
	}
}

// measure clocks call. It fails if a client got no answer: the relay has then dropped a message,
// which stays in the client's window.
func (x *traffic) measure(call func()) *outcome {
	for _, c := range x.clients {
		c.answers = 0
	}
	x.latency = bench.NewHistogram()
	before := x.delivered
	out := x.load.clock(x.target, call)
	out.delivered, out.latency, x.latency = x.delivered-before, x.latency, bench.NewHistogram()
	if slices.ContainsFunc(x.clients, func(c *client) bool { return c.answers == 0 }) {
		x.Fail("a client got no answer in %v: measure longer, or with less", out.took)
	}
	return out
}

// figures adds the measurements to a result.
func (o *outcome) figures(r *bench.Result) {
	r.Add("seconds", "measured", o.took.Seconds(), "s")
	r.Field("messages", o.delivered)
	r.Add("messages_per_second", "messages a second", float64(o.delivered)/o.took.Seconds(), "")
	r.Micros("cpu_us_per_message", "CPU time of a message", o.cpu, o.delivered)
	r.Add("cpu_percent", "its process keeps a core busy", 100*o.cpu.Seconds()/o.took.Seconds(), "%")
	r.Micros("load_cpu_us_per_message", "CPU time of the load for it", o.load, o.delivered)
	r.Micros("half_round_trip_us_p50", "half a round trip, p50", o.latency.Percentile(50), 1)
	r.Micros("half_round_trip_us_p99", "p99", o.latency.Percentile(99), 1)
	r.Micros("half_round_trip_us_p999", "p99.9", o.latency.Percentile(99.9), 1)
}
