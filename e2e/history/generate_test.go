package history_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
)

// A generator writes a right history: a server and some clients that talk, lose their
// connections and come back, are killed and start again, or leave.
type generator struct {
	*rand.Rand
	at     int64
	events []history.Event
	server *end
	pairs  []*pair
	apps   int
	conns  int // connection numbers of the server
	links  int
	names  int // connections to the relay
}

// An end is one side of a pair.
type end struct {
	app, id, live string
	order         uint64
	conn          int
	seq           uint64
	flight, taken []history.Event // what it sent: not yet received, and received
}

type pair struct {
	client, server *end
	link           string
	over           bool
}

// generate gives a history of so many steps.
func generate(seed uint64, clients, steps int) []history.Event {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), at: 1}
	g.server = &end{app: "server", id: "S"}
	g.log(history.Event{Kind: history.Measure, Name: "goroutines", Value: 10, Reason: "before"})
	g.log(history.Event{Kind: history.Start, App: "server", ID: "S"})
	for n := range clients {
		g.pairs = append(g.pairs, g.join(fmt.Sprint("C", n)))
	}
	for range steps {
		if p := g.pairs[g.IntN(len(g.pairs))]; !p.over {
			g.step(p)
		}
	}
	for _, p := range g.pairs {
		g.flush(p)
	}
	g.log(history.Event{Kind: history.Measure, Name: "goroutines", Value: 10, Reason: "after"})
	return g.events
}

func (g *generator) log(e history.Event) history.Event {
	g.at += 1 + g.Int64N(int64(2*time.Millisecond))
	e.At = g.at
	if e.App != "" {
		e.Room = "S"
	}
	g.events = append(g.events, e)
	return e
}

// by is an event of an end.
func (g *generator) by(e *end, kind history.Kind, more history.Event) history.Event {
	more.App, more.ID, more.Conn, more.Kind = e.app, e.id, e.conn, kind
	return g.log(more)
}

func (g *generator) join(id string) *pair {
	g.apps++
	g.conns++
	g.links++
	p := &pair{client: &end{app: fmt.Sprint("app", g.apps), id: id, conn: 1}, link: fmt.Sprint("link", g.links)}
	p.server = &end{app: "server", id: "S", conn: g.conns}
	g.by(p.client, history.Start, history.Event{})
	g.connect(p.client)
	g.by(p.server, history.Joined, history.Event{Peer: id})
	g.by(p.client, history.Joined, history.Event{Peer: "S"})
	return p
}

// connect makes the end's connection to the relay, which fences off an older one.
func (g *generator) connect(e *end) {
	old := e.live
	g.names++
	e.order++
	e.live = fmt.Sprint(g.names)
	g.by(e, history.Up, history.Event{Name: e.live, Node: "n", Order: []uint64{e.order, 0, 0}})
	if old != "" {
		g.by(e, history.Down, history.Event{Name: old, Node: "n", Reason: "replaced"})
	}
}

func (g *generator) step(p *pair) {
	from, to := p.client, p.server
	if g.IntN(2) == 0 {
		from, to = to, from
	}
	switch n := g.IntN(100); {
	case n < 40:
		g.send(p, from, to)
	case n < 70:
		g.take(p, from, to)
	case n < 93:
		g.settle(from)
	case n < 95:
		from.seq++
		g.by(from, history.Send, history.Event{Peer: to.id, Seq: from.seq, Type: "t", Hash: "never"})
		g.by(from, history.Refused, history.Event{Seq: from.seq, Reason: "canceled"})
	case n < 98:
		g.absence(p)
	case n < 99:
		g.kill(p)
	default:
		g.flush(p)
		g.leave(p)
		if g.IntN(4) > 0 { // somebody else comes
			*p = *g.join(fmt.Sprint("N", g.apps))
		}
	}
}

func (g *generator) send(p *pair, from, to *end) {
	from.seq++
	e := g.by(from, history.Send, history.Event{Peer: to.id, Seq: from.seq, Type: "t", Hash: fmt.Sprint(g.Uint32())})
	from.flight = append(from.flight, e)
	for range 1 + g.IntN(2) {
		g.by(from, history.Wire, history.Event{Link: p.link, Stream: 1, Seq: e.Seq, Hash: e.Hash})
	}
}

func (g *generator) take(p *pair, from, to *end) {
	if len(from.flight) == 0 {
		return
	}
	e := from.flight[0]
	from.flight = from.flight[1:]
	g.by(to, history.Receive, history.Event{Peer: from.id, From: history.Sender(from.app, from.conn), Seq: e.Seq, Type: e.Type, Hash: e.Hash, Link: p.link})
	from.taken = append(from.taken, e)
}

func (g *generator) settle(from *end) {
	if len(from.taken) > 0 {
		g.by(from, history.Delivered, history.Event{Seq: from.taken[0].Seq})
		from.taken = from.taken[1:]
	}
}

// flush delivers everything that is under way.
func (g *generator) flush(p *pair) {
	if p.over {
		return
	}
	for _, way := range [][2]*end{{p.client, p.server}, {p.server, p.client}} {
		for len(way[0].flight) > 0 {
			g.take(p, way[0], way[1])
		}
		for len(way[0].taken) > 0 {
			g.settle(way[0])
		}
	}
}

// absence loses the client's connection, for less than the window.
func (g *generator) absence(p *pair) {
	g.log(history.Event{Kind: history.Fault, Name: "cut"})
	g.by(p.client, history.Lost, history.Event{})
	g.by(p.server, history.Away, history.Event{Peer: p.client.id})
	if g.IntN(2) == 0 {
		g.send(p, p.server, p.client)
	}
	g.at += g.Int64N(int64(50 * time.Second))
	g.connect(p.client)
	g.by(p.client, history.Resumed, history.Event{})
	g.by(p.server, history.Back, history.Event{Peer: p.client.id})
	g.log(history.Event{Kind: history.Healed, Name: "cut"})
}

// kill ends the client's program, and starts another under its ID.
func (g *generator) kill(p *pair) {
	g.by(p.client, history.Stop, history.Event{Reason: "killed"})
	g.by(p.client, history.Down, history.Event{Name: p.client.live, Node: "n", Reason: "lost"})
	g.by(p.server, history.Away, history.Event{Peer: p.client.id})
	for len(p.server.taken) > 0 {
		g.settle(p.server)
	}
	for _, e := range p.server.flight {
		g.by(p.server, history.Unknown, history.Event{Seq: e.Seq, Reason: "restarted"})
	}
	g.by(p.server, history.Gone, history.Event{Peer: p.client.id, Reason: "restarted"})
	*p = *g.join(p.client.id)
}

// leave closes the client; what the server had under way is refused.
func (g *generator) leave(p *pair) {
	g.send(p, p.server, p.client)
	g.by(p.client, history.Close, history.Event{Peer: "S"})
	g.by(p.server, history.Refused, history.Event{Seq: p.server.seq, Reason: "closed"})
	g.by(p.server, history.Gone, history.Event{Peer: p.client.id, Reason: "left"})
	g.by(p.client, history.Stop, history.Event{Reason: "closed"})
	p.over = true
}
