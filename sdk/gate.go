package sdk

import (
	"sync"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// gate is where the messages of one other peer come in that speaks v1, over as many
// links as there are with it: each restart of the other side's program brings a new one,
// and with it a new Conn.
type gate struct {
	peer    protocol.ID // static, as are the next two
	carrier *carrier
	open    func(*link.Link) *Conn // makes the Conn of a new link; called under mu

	mu    sync.Mutex // guards what follows, and the links
	door  *link.Door
	conn  *Conn      // that of the current link, or nil
	reply link.Frame // the door's answer, which belongs to no link
	has   bool       // there is one
	opens float64    // how many more times the peer may open a link now
	since link.Time  // when that was so
	later []func()   // what is to be done when mu is free

	queued bool // guarded by carrier.mu, as are the next two
	place  int
	at     link.Time
}

// newGate makes the gate to a peer. outbox is how much the relay holds for one peer, or
// 0 if it did not say: half of it may be under way (L6).
func newGate(c *carrier, peer protocol.ID, client bool, outbox int) *gate {
	config := link.Config{Client: client, Budget: c.budget, AckAfter: ackAfter, InFlight: outbox / 2}
	if client {
		config.Nonce = newLinkID()
	} else {
		config.Draw = newLinkID
	}
	return &gate{peer: peer, carrier: c, door: link.NewDoor(config), opens: maxOpens}
}

func newLinkID() link.ID {
	for {
		if n := random(); n != 0 {
			return link.NewID(n)
		}
	}
}

// unlock frees mu, does what waited for that, and has the carrier look for frames.
func (g *gate) unlock() {
	later := g.later
	g.later = nil
	g.mu.Unlock()
	g.carrier.attend(g)
	for _, do := range later {
		do()
	}
}

// A client may open a link a few times at once, and then once a second: each new one is a
// Conn to be accepted.
const maxOpens = 5

func (g *gate) mayOpen(now link.Time) bool {
	g.opens = min(maxOpens, g.opens+float64(now-g.since)/float64(link.Second))
	g.since = now
	if g.opens < 1 {
		return false
	}
	g.opens--
	return true
}

// receive takes a message of the peer. One without a header is of no link, and nobody's.
func (g *gate) receive(e signaling.Event) {
	if e.Link == nil {
		return
	}
	now := g.carrier.now()
	header, err := link.ParseHeader(e.Link)
	g.mu.Lock()
	defer g.unlock()
	if e.Type == protocol.TypeLinkOpen && !g.mayOpen(now) {
		return // it will ask again
	}
	var entry link.Entry
	if err != nil {
		entry = g.door.Malformed(now)
	} else {
		message := append([]byte(nil), e.Message...) // not a part of the whole frame
		entry = g.door.Receive(now, []byte(e.Type), message, &header)
	}
	if entry.HasReply {
		g.reply, g.has = entry.Reply, true
	}
	if entry.Replaced != nil && g.conn != nil {
		g.conn.effects(now)
	}
	if entry.Opened {
		g.conn = g.open(entry.Link)
	}
	if entry.Link != nil && g.conn != nil {
		if err == nil && e.Type == protocol.TypeLinkEnd {
			g.conn.endSeen(now)
		}
		g.conn.effects(now)
	}
}

// path tells the link that there is a path to the peer, a new one perhaps, or none.
func (g *gate) path(up bool) {
	now := g.carrier.now()
	g.mu.Lock()
	defer g.unlock()
	l := g.door.Link()
	switch {
	case l == nil:
		return
	case up:
		l.PathUp(now)
	default:
		l.PathDown(now)
	}
	if g.conn != nil {
		g.conn.effects(now)
	}
}

// doubt tells the link that something may be lost.
func (g *gate) doubt() {
	now := g.carrier.now()
	g.mu.Lock()
	defer g.unlock()
	if l := g.door.Link(); l != nil {
		l.Doubt(now)
	}
}

// next puts the next frame into the carrier's buffers, or returns when to look again.
func (g *gate) next() (typ string, more bool, at link.Time) {
	now := g.carrier.now()
	g.mu.Lock()
	defer func() {
		later := g.later
		g.later = nil
		g.mu.Unlock()
		for _, do := range later {
			do()
		}
	}()
	frame, ok := g.reply, g.has
	g.has = false
	l := g.door.Link()
	if !ok && l != nil {
		l.Tick(now)
		if flushes {
			l.Flush(now)
		}
		if g.conn != nil {
			g.conn.tick(now)
			g.conn.effects(now)
		}
		frame, ok = l.Next(now)
	}
	if ok {
		g.carrier.message = frame.AppendMessage(g.carrier.message[:0])
		g.carrier.header = frame.AppendLink(g.carrier.header[:0])
		return frame.Type, true, 0
	}
	if l == nil {
		return "", false, 0
	}
	at = l.Wake()
	if g.conn != nil && g.conn.giveUpAt != 0 && (at == 0 || g.conn.giveUpAt < at) {
		at = g.conn.giveUpAt
	}
	return "", false, at
}
