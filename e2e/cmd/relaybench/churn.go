//go:build linux

package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

func churnFlags(flags *flag.FlagSet, s *settings) {
	targetFlags(flags, s)
	flags.IntVar(&s.parallel, "parallel", 64, "rooms at the same time")
	sizeFlag(flags, s)
	timeFlags(flags, s, 5*time.Second)
}

func (b *bench) churn(l *loop, s *settings) error {
	c := &churn{loop: l, size: s.size, again: true, latency: new(histogram)}
	l.live.Show(func() string { return fmt.Sprintf("%d rooms have come and gone", c.rooms) })
	for range s.parallel {
		if err := c.begin(); err != nil {
			return err
		}
	}
	if err := l.during(s.warmup); err != nil {
		return err
	}
	before := c.rooms
	c.latency = new(histogram)
	took, err := l.target.clocked(func() error { return l.during(s.during) })
	if err != nil {
		return err
	}
	rooms, latency := c.rooms-before, c.latency
	c.again = false
	if err := l.until("the last peers to leave", func() bool { return c.open == 0 }); err != nil {
		return err
	}

	r := b.result(s, fmt.Sprintf("%d rooms at a time, %d bytes", s.parallel, s.size))
	r.Add("parallel", "", s.parallel, "")
	r.Add("size", "", s.size, "")
	r.Add("seconds", "measured", took.took.Seconds(), "s")
	r.Add("rooms_per_second", "rooms a second", float64(rooms)/took.took.Seconds(), "")
	if l.target.pid != 0 {
		r.MicrosEach("cpu_us_per_peer", "CPU time of a peer's whole visit", took.cpu, 2*rooms)
		r.Add("cpu_percent", "its process keeps a core busy", 100*took.cpu.Seconds()/took.took.Seconds(), "%")
	}
	r.MicrosEach("load_cpu_us_per_peer", "CPU time of the load for it", took.load, 2*rooms)
	r.Micros("room_us_p50", "a room from first to last, p50", latency.quantile(0.50))
	r.Micros("room_us_p99", "p99", latency.quantile(0.99))
	return b.Report.Print(r)
}

// churn opens a room whenever one has ended.
type churn struct {
	loop    *loop
	size    int
	again   bool
	open    int
	rooms   int64 // that have ended
	latency *histogram
}

// A visit is one room: a server comes, a client comes, each says a message, the
// client leaves, and then the server.
type visit struct {
	bystander
	churn          *churn
	server, client *peer
	began          time.Time
}

func (c *churn) begin() (err error) {
	v := &visit{churn: c, began: time.Now()}
	c.open++
	v.server, err = c.loop.open("/server", v)
	return err
}

func (v *visit) greeted(p *peer) (err error) {
	if p == v.server {
		v.client, err = p.loop.open("/client/"+string(p.id), v)
		return err
	}
	return v.say(p, v.server)
}

func (v *visit) say(from, to *peer) error {
	text, err := message(to.id, v.churn.size, false)
	if err != nil {
		return err
	}
	return from.write(appendFrame(nil, opText, text))
}

func (v *visit) message(p *peer, payload []byte) error {
	if p == v.client {
		return p.leave() // it has its answer
	}
	d, err := protocol.ParseDelivery(payload)
	switch {
	case err != nil:
		return notAllowed(err)
	case string(d.From) != string(protocol.RelayID):
		return v.say(p, v.client)
	case string(d.Type) == protocol.TypePeerGone:
		return p.leave()
	}
	return nil
}

func (v *visit) left(p *peer) error {
	if p != v.server {
		return nil
	}
	c := v.churn
	c.open--
	c.rooms++
	c.latency.record(time.Since(v.began))
	if !c.again {
		return nil
	}
	return c.begin()
}
