package linkproof

import (
	"slices"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/protocol/link"
)

// A cable is a direct path: a channel that is ordered and reliable, as SCTP's is. What does
// not get through waits, and everything after it does. Only its end loses anything.
type cable struct {
	plugs [2]*plug
	ways  [2]way // ways[x] goes to side x
}

// A way is one direction of a cable.
type way struct {
	plug    *plug // where it ends
	packets []packet
	last    link.Time // when the last packet will arrive
	slow    link.Time // more delay, for a while
	lossy   bool      // one packet in ten is lost, and comes after a timeout
	stuck   bool      // nothing gets through
}

type packet struct {
	at   link.Time
	data []byte
	text bool
}

// A plug is one end of a cable, and does what the SDK does there (sdk/direct.go).
type plug struct {
	cable  *cable
	end    *end
	link   *link.Link // under which it was negotiated (W3)
	health link.Health
	up     bool // the link knows the path
}

// dial makes a direct path, if there is none and both sides have the same link.
func (p *pair) dial() {
	s, c := p.ends[server], p.ends[client]
	if p.cable != nil || s.link == nil || c.link == nil || s.link.ID() != c.link.ID() || s.program.ended || c.program.ended {
		return
	}
	for _, e := range p.ends {
		if e.link.Version() < 2 || e.link.Policy() == link.RelayOnly {
			return
		}
	}
	p.cable = &cable{}
	for x, e := range p.ends {
		e.plug = &plug{cable: p.cable, end: e, link: e.link}
		p.cable.plugs[x], p.cable.ways[x].plug = e.plug, e.plug
		e.plug.health.Open(p.world.now)
	}
	s.pump()
	c.pump()
}

// unplug ends the direct path at one end. The other one hears of it, or has to find out.
func (e *end) unplug(tell bool) {
	mine := e.plug
	if mine == nil {
		return
	}
	w, other := e.pair.world, e.pair.ends[1-e.side].plug
	mine.drop()
	for x := range mine.cable.ways {
		mine.cable.ways[x].stuck = true
	}
	if other == nil || other.cable != mine.cable {
		return
	}
	over := func() { other.fail() }
	if tell {
		w.after(w.between(0, link.Second), over)
	} else {
		w.after(60*link.Second, over) // the lost path is closed after 30 s without a PONG
	}
}

// fail ends the path at this end.
func (p *plug) fail() {
	if p.end.plug != p || p.end.program.ended {
		return
	}
	p.health.Fail()
	p.end.pump()
	p.drop()
}

// drop forgets this end. With both ends gone another path can be made.
func (p *plug) drop() {
	e := p.end
	if e.plug != p {
		return
	}
	if p.up {
		p.set(e.pair.world.now, false)
	}
	e.plug = nil
	e.wait()
	if other := e.pair.ends[1-e.side].plug; other == nil || other.cable != p.cable {
		e.pair.cable = nil
	}
}

// set tells the link and the application whether there is the path.
func (p *plug) set(now link.Time, up bool) {
	p.up = up
	name := "relay"
	if up {
		p.link.PathUp(now, link.Direct)
		name = "direct"
	} else {
		p.link.PathDown(now, link.Direct)
	}
	if e := p.end; e.link == p.link {
		e.event(history.Path, history.Event{Peer: e.peerID(), Name: name})
	}
	p.end.wait()
}

// look tells the link what has become of the path, and the path what the link has sent on it.
func (p *plug) look(now link.Time, acked int) (changed bool) {
	if p == nil || p.end.door.Link() != p.link {
		return false
	}
	if way, _ := p.link.Current(); way == link.Direct && acked > 0 {
		p.health.Acked(now, acked)
	}
	p.health.Sent(p.link.Unacknowledged(link.Direct))
	p.link.SetInFlight(link.Direct, p.health.InFlight())
	if up := p.health.State() == link.Up; up != p.up {
		p.set(now, up)
		return true
	}
	return false
}

// send sends what there is to say on the direct path.
func (p *plug) send(now link.Time) {
	if p == nil {
		return
	}
	out := &p.cable.ways[1-p.end.side]
	for n, pong, ok := p.health.Next(now); ok; n, pong, ok = p.health.Next(now) {
		out.add(link.AppendPing(nil, n, pong), false)
	}
	if p.end.door.Link() != p.link {
		return
	}
	for f, ok := p.link.Next(now, link.Direct); ok; f, ok = p.link.Next(now, link.Direct) {
		if p.end.link == p.link {
			p.end.wire(&f)
		}
		out.add(f.AppendDirect(nil))
	}
}

func (p *plug) wake() link.Time {
	if p == nil {
		return 0
	}
	return p.health.Wake()
}

func (p *plug) tick(now link.Time) {
	if p != nil {
		p.health.Tick(now)
		if p.health.State() == link.Lost {
			p.end.pair.world.after(0, p.fail)
		}
	}
}

// add puts a message on its way.
func (y *way) add(data []byte, text bool) {
	w := y.plug.end.pair.world
	delay := w.between(link.Millisecond, 20*link.Millisecond) + y.slow
	if y.lossy && w.IntN(10) == 0 {
		delay += w.between(link.Second, 3*link.Second) // SCTP's timer
	}
	y.last = max(y.last, w.now+delay)
	y.packets = append(y.packets, packet{y.last, slices.Clone(data), text})
}

func (y *way) due() (link.Time, bool) {
	if y.stuck || len(y.packets) == 0 {
		return 0, false
	}
	return y.packets[0].at, true
}

func (y *way) deliver() {
	m := y.packets[0]
	y.packets = y.packets[1:]
	p := y.plug
	e, now := p.end, p.end.pair.world.now
	switch {
	case e.plug != p || e.program.ended:
		return
	default:
		p.link.ReceiveDirect(now, &p.health, m.data, m.text)
	}
	e.pump()
}

// hold lets nothing through for a while; what was sent then arrives, with what follows.
func (y *way) hold(d link.Time) {
	w := y.plug.end.pair.world
	if y.stuck {
		return
	}
	y.stuck = true
	w.after(d, func() {
		if y.plug.end.plug != y.plug {
			return // the cable is gone
		}
		y.stuck = false
		again := w.now + w.between(0, 3*link.Second) // SCTP's timer
		for i := range y.packets {
			y.packets[i].at = max(y.packets[i].at, again)
		}
		y.last = max(y.last, again)
	})
}

// trouble breaks the direct path in one of the ways in which it does.
func (p *pair) trouble() {
	w, c := p.world, p.cable
	if c == nil {
		p.dial()
		return
	}
	one := &c.ways[w.IntN(2)]
	switch w.IntN(10) {
	case 0:
		one.hold(2 * link.Second)
	case 1: // one way
		one.hold(w.between(link.Second, 40*link.Second))
	case 2, 3: // both
		d := w.between(link.Millisecond, 40*link.Second)
		c.ways[0].hold(d)
		c.ways[1].hold(d)
	case 4:
		one.lossy = true
	case 5:
		one.slow = w.between(link.Millisecond, 2*link.Second)
		w.after(20*link.Second, func() { one.slow = 0 })
	case 6: // ICE says so, rightly or not
		one.plug.health.Disconnected(w.now)
		one.plug.end.pump()
	case 7: // closed for good
		one.plug.end.unplug(true)
	case 8: // and the relay, too
		c.ways[0].hold(w.between(link.Second, 20*link.Second))
		p.cutFor(w.between(link.Millisecond, 20*link.Second))
	case 9: // the relay only, perhaps for longer than it waits
		p.cutFor(w.between(50*link.Second, 150*link.Second))
	}
}
