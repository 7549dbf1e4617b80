package linkproof

import (
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/protocol/link"
)

// pathUp and pathDown tell an end about the path over the relay. The two ends learn it at
// different times.
func (e *end) pathUp() {
	if e.program.ended {
		return
	}
	e.up = true
	if l := e.door.Link(); l != nil {
		l.PathUp(e.pair.world.now, link.Relay)
	}
	e.wait()
	e.pump()
}

func (e *end) pathDown() {
	if e.program.ended || !e.up {
		return
	}
	e.up = false
	if l := e.door.Link(); l != nil {
		l.PathDown(e.pair.world.now, link.Relay)
	}
	e.wait()
	e.pump()
}

// wait begins or ends the end's own patience with a peer to which there is no path (P4, W7).
func (e *end) wait() {
	alone := !e.up && (e.plug == nil || !e.plug.up)
	if alone == e.alone {
		return
	}
	e.alone = alone
	e.absence++
	if e.side == server && e.link != nil { // the application hears of it
		if alone {
			e.away = e.conn
			e.event(history.Away, history.Event{Peer: e.peerID()})
		} else if e.away == e.conn {
			e.event(history.Back, history.Event{Peer: e.peerID()})
		}
	}
	if !alone {
		return
	}
	w, now := e.pair.world, e.absence
	w.after(window+grace, func() {
		if e.absence == now && !e.program.ended && e.link != nil {
			e.link.Abort(w.now, "timeout")
			e.pump()
		}
	})
}

// cutFor removes the path for a while. Everything under way is lost. The two sides learn of the
// loss and the return at different times.
func (p *pair) cutFor(d link.Time) {
	w := p.world
	if p.cut {
		return
	}
	p.cut = true
	w.fault("cut")
	s, c := p.ends[server], p.ends[client]
	c.program.event(history.Lost, history.Event{})
	for _, l := range p.lines {
		keep := w.IntN(len(l.frames) + 1) // the first few may still arrive
		l.frames = l.frames[:keep]
	}
	w.after(w.between(0, min(d, link.Second)), s.pathDown)
	was := c.program
	w.after(w.between(0, min(d, link.Second)), c.pathDown)
	w.after(d+link.Second, func() {
		p.connect(false)
		p.cut = false
		if c.program == was {
			c.program.event(history.Resumed, history.Event{})
		}
		order := []*end{s, c}
		if w.IntN(2) == 0 {
			order[0], order[1] = c, s
		}
		order[0].pathUp()
		order[1].pathUp()
		w.heal("cut")
	})
}

// change replaces the path by another, while the old one still delivers its frames.
func (p *pair) change() {
	if p.cut {
		return
	}
	p.connect(true)
	p.ends[client].pathUp()
	p.ends[server].pathUp()
}

// loseOne loses one frame, and usually gives a hint of it, as the relay does.
func (p *pair) loseOne() {
	w := p.world
	if p.cut {
		return
	}
	to := w.IntN(2)
	p.current(to).lose = 1 + w.IntN(4)
	if w.IntN(3) > 0 {
		e := p.ends[1-to]
		w.after(w.between(0, link.Second), func() {
			if l := e.door.Link(); l != nil && !e.program.ended {
				l.Doubt(w.now, link.Relay)
				e.pump()
			}
		})
	}
}

// stall delays one direction for a while.
func (p *pair) stall() {
	if p.cut {
		return
	}
	l := p.current(p.world.IntN(2))
	l.slow = p.world.between(link.Second, 20*link.Second)
	p.world.after(10*link.Second, func() { l.slow = 0 })
}

// pause has one application receive nothing for a while.
func (e *end) pause() {
	if e.paused || e.link == nil {
		return
	}
	e.paused = true
	program := e.program
	program.event(history.Paused, history.Event{})
	e.pair.world.after(e.pair.world.between(link.Second, 100*link.Second), func() {
		if e.program != program || program.ended {
			return
		}
		program.event(history.Taking, history.Event{})
		e.paused = false
		e.pump()
	})
}

// restart kills the client's program and starts another with its ID.
func (p *pair) restart() {
	if p.cut {
		return
	}
	c := p.ends[client]
	c.program.event(history.Stop, history.Event{Reason: "killed"})
	c.program.ended = true
	c.unplug(false)
	c.paused = false
	c.up = false
	c.program = p.world.start(p.id)
	c.begin()
	p.connect(false)
	c.pathUp()
	p.ends[server].pathUp()
}

// restartServer kills the server's program and starts another with its ID.
func (w *world) restartServer() {
	for _, p := range w.pairs {
		if p.cut {
			return
		}
	}
	w.server.event(history.Stop, history.Event{Reason: "killed"})
	w.server.ended = true
	w.server = w.start("S")
	for _, p := range w.pairs {
		s := p.ends[server]
		s.unplug(false)
		s.program, s.link, s.paused, s.closed = w.server, nil, false, false
		s.begin()
		p.connect(false)
		s.pathUp()
		p.ends[client].pathUp()
	}
}

// close has one application close its side.
func (e *end) close() {
	if e.link == nil || e.closed {
		return
	}
	e.event(history.Close, history.Event{Peer: e.peerID()})
	e.closed = true
	e.pair.over = true
	e.closeStreams()
	e.link.Close(e.pair.world.now)
	for len(e.waiting) > 0 { // they were never accepted
		seq := e.seq - uint64(len(e.waiting)) + 1
		e.waiting = e.waiting[1:]
		e.event(history.Refused, history.Event{Seq: seq, Reason: "canceled"})
	}
	e.pump()
}
