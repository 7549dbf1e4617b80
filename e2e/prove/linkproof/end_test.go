package linkproof

import (
	"encoding/json"
	"strings"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/protocol/link"
)

// An end is one side of a pair: its door, its link and its application.
type end struct {
	pair    *pair
	side    int
	program *program
	door    *link.Door
	link    *link.Link // the link of the application's connection, or nil
	conn    int
	seq     uint64
	budget  *link.Budget
	up      bool  // there is the path over the relay
	plug    *plug // its end of the direct path, or nil
	paused  bool
	closed  bool
	waiting []sending // messages that Send had no space for
	streams []*stream
	alone   bool // there is no path
	away    int  // the connection whose application has heard so
	absence int  // counts the absences, to recognise an old timer
}

// message names its sender.
type message struct {
	From string `json:"from"`
	Seq  uint64 `json:"seq"`
	Pad  string `json:"pad"`
}

// types are the types of messages, chosen at random.
var types = []string{"chat", "game-state", "x"}

type sending struct {
	typ  string
	data []byte
}

// begin initialises the end: at the start, when its program restarts, and when a client dials
// again.
func (e *end) begin() {
	w := e.pair.world
	e.budget = link.NewBudget(1 << 20)
	config := link.Config{Client: e.side == client, Budget: e.budget}
	if w.IntN(2) == 0 {
		config.Window, config.Hold = [2]int{0, 64 << 10}, [2]int{0, 64 << 10}
	}
	draw := func() link.ID { return link.NewID(w.Uint64()) }
	config.Nonce, config.Draw = draw(), draw
	config.Early, config.To = w.IntN(4) > 0, w.server.number
	program := e.program.number
	config.Mine = func(attempt uint64) bool { return attempt == program }
	if w.direct && w.IntN(10) == 0 {
		config.Policy = link.RelayOnly
	}
	e.unplug(true)
	e.door, e.link, e.seq, e.waiting, e.streams = link.NewDoor(config), nil, 0, nil, nil
	if e.side == client {
		e.joined(e.door.Link())
		if e.up {
			e.link.PathUp(w.now, link.Relay)
			e.pump()
		}
	}
}

func (e *end) joined(l *link.Link) {
	e.program.conns++
	e.link, e.conn, e.seq, e.waiting, e.closed = l, e.program.conns, 0, nil, false
	e.event(history.Joined, history.Event{Peer: e.peerID()})
}

func (e *end) peerID() string {
	if e.side == client {
		return "S"
	}
	return e.pair.id
}

func (e *end) event(kind history.Kind, more history.Event) {
	more.Conn = e.conn
	e.program.event(kind, more)
}

// send has the application send one message of about size bytes.
func (e *end) send(size int) {
	if e.link == nil || e.closed {
		return
	}
	e.seq++
	typ := types[e.pair.world.IntN(len(types))]
	data, _ := json.Marshal(message{history.Sender(e.program.name, e.conn), e.seq, strings.Repeat("\"ü ", size/4)})
	e.event(history.Send, history.Event{Peer: e.peerID(), Seq: e.seq, Type: typ, Hash: hash(data)})
	e.waiting = append(e.waiting, sending{typ, data})
	e.flush()
	e.pump()
}

// flush sends the waiting messages in order.
func (e *end) flush() {
	for len(e.waiting) > 0 {
		seq := e.seq - uint64(len(e.waiting)) + 1
		err := e.link.Send(e.pair.world.now, e.waiting[0].typ, e.waiting[0].data, seq)
		if err == link.ErrFull {
			return
		}
		e.waiting = e.waiting[1:]
		if err != nil { // ErrEnded: the message was not accepted
			e.event(history.Refused, history.Event{Seq: seq, Reason: err.Error()})
		}
	}
}

// receive handles a frame from a line.
func (e *end) receive(f frame) {
	if e.program.ended || !e.up {
		return
	}
	now := e.pair.world.now
	h, err := link.ParseHeader(f.header)
	entry := link.Entry{}
	if err != nil {
		entry = e.door.Malformed(now)
	} else {
		entry = e.door.Receive(now, []byte(f.typ), f.message, &h)
	}
	if entry.HasReply {
		e.pair.current(1 - e.side).send(&entry.Reply)
	}
	if entry.Replaced != nil {
		e.pump()
	}
	if entry.Opened {
		if e.link != nil {
			e.gone("restarted")
		}
		e.unplug(true)
		e.joined(entry.Link)
	}
	e.pump()
}

// pump does what package link requires after each call of a link.
func (e *end) pump() {
	l := e.link
	if l == nil {
		e.linger()
		return
	}
	now := e.pair.world.now
	for again := true; again; {
		again = false
		for f, ok := l.Next(now, link.Relay); ok; f, ok = l.Next(now, link.Relay) {
			e.wire(&f)
			e.pair.current(1 - e.side).send(&f)
		}
		e.plug.send(now)
		effects := *l.Effects()
		outcomes := append([]link.Outcome(nil), effects.Outcomes...)
		l.Effects().Reset()
		e.settle(outcomes)
		again = e.plug.look(now, effects.Acked)
		if !e.paused && !e.closed {
			again = e.take(l) || again
		}
		again = e.flow(l) || again
		if effects.Room[link.Data] && effects.Ended.How == 0 {
			e.flush()
			again = true
		}
		if effects.Ended.How != 0 {
			e.paused = e.paused && e.side == client // the remaining messages are received at the end
			e.take(l)
			e.flow(l)
			e.flush()
			e.gone(reason(effects.Ended.How))
			return
		}
	}
}

// linger lets a link that has ended for the application send its last frames.
func (e *end) linger() {
	if l := e.door.Link(); l != nil {
		for f, ok := l.Next(e.pair.world.now, link.Relay); ok; f, ok = l.Next(e.pair.world.now, link.Relay) {
			e.pair.current(1 - e.side).send(&f)
		}
		e.plug.send(e.pair.world.now)
		l.Effects().Reset()
		e.plug.look(e.pair.world.now, 0)
	}
}

func (e *end) settle(outcomes []link.Outcome) {
	for _, o := range outcomes {
		kind := map[link.OutcomeKind]history.Kind{link.Delivered: history.Delivered, link.Refused: history.Refused, link.Unknown: history.Unknown}[o.Kind]
		more := history.Event{Seq: o.Token.(uint64)}
		if kind != history.Delivered {
			more.Reason = reason(o.How)
		}
		e.event(kind, more)
	}
}

// take has the application receive all waiting messages.
func (e *end) take(l *link.Link) (any bool) {
	for !e.closed {
		m, ok := l.Take(e.pair.world.now, link.Data)
		if !ok {
			return any
		}
		any = true
		var body message
		_ = json.Unmarshal(m.Data, &body)
		e.event(history.Receive, history.Event{Peer: e.peerID(), From: body.From, Seq: body.Seq, Type: m.Type, Hash: hash(m.Data), Link: l.ID().String()})
	}
	return any
}

// gone tells the application that the link has ended. A client dials again.
func (e *end) gone(why string) {
	e.waiting, e.streams = nil, nil
	e.event(history.Gone, history.Event{Peer: e.peerID(), Reason: why})
	e.link = nil
	if e.side == client && !e.closed && !e.program.ended && why != "left" {
		e.begin()
		return
	}
	e.linger()
}

func reason(how link.How) string {
	switch how {
	case link.ClosedThere:
		return "left"
	case link.ClosedHere:
		return "closed"
	case link.Restarted:
		return "restarted"
	case link.Aborted:
		return "timeout"
	case link.GivenUp:
		return "given-up"
	}
	return "broken"
}

func (e *end) wake() link.Time {
	if e.program.ended || e.door == nil || e.door.Link() == nil {
		return 0
	}
	wake := e.door.Link().Wake()
	if at := e.plug.wake(); at != 0 && (wake == 0 || at < wake) {
		wake = at
	}
	return wake
}

func (e *end) tick() {
	e.door.Link().Tick(e.pair.world.now)
	e.plug.tick(e.pair.world.now)
	e.pump()
}
