package sdk

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// A client may open a link a few times at once, and then once a second: each new one is a
// Conn to be accepted.
const maxOpens = 5

// remote is another peer as the session sees it.
type remote interface {
	// stands reports whether there is a direct path to the peer, even a suspect one (W7).
	stands() bool

	// heard handles a message of the peer, or the relay's news about it.
	heard(e signaling.Event)

	// online says that this side's own connection to the relay is up, or lost.
	online(up bool)

	// lost says that the session is over.
	lost(err error)
}

// peer is a remote that speaks v1. It owns all that is reliable between the two peers: the
// links, one after the other, because each restart of the other side's program brings a new
// one and with it a new Conn; their timer; and the application's half of them (linked).
// Whatever happens goes through step: a message, a call of the application, a path that
// comes or goes, the time, a frame that can be sent.
//
// Locks: mu is held while a Conn's status, a Receipt, the mux, the session or the direct
// path takes its own, and never the other way round. Listener.mu and mu are not held at the
// same time.
type peer struct {
	id   protocol.ID // static, as are the next two
	mux  *mux
	open func(*link.Link) *linked // makes the Conn of a link that the other side has opened; called under mu

	// forget is called when the relay has said that the peer is gone, and later the link has
	// ended which the direct path carried on.
	forget func()

	mu      sync.Mutex // guards what follows, the links, and every linked of this peer
	door    *link.Door
	current *linked    // of the door's link; nil while there is none
	reply   link.Frame // the door's answer, which belongs to no link
	replies bool       // there is one
	opens   bucket     // of links that the other side may open
	timer   *time.Timer
	timerAt link.Time // when it fires; 0: never
	after   []func()  // to be done when mu is free

	queued atomic.Bool // the mux has it in ready
	inLine [2]bool     // owned by the mux: it is in its lines
}

// newPeer makes the owner of the links with a peer. outbox is how much the relay holds for
// one peer, or 0 if it did not say: half of it may be under way (L6).
func newPeer(m *mux, id protocol.ID, client bool, outbox int, paths Paths) *peer {
	config := link.Config{
		Client: client, Policy: paths.policy(), Budget: m.budget, AckAfter: ackAfter, InFlight: [2]int{link.Relay: outbox / 2},
		NoStreams: m.limits.Load().NoStreams,
	}
	if client {
		server := m.session.Hello().ServerOrder
		config.Nonce, config.Early, config.To = newLinkID(), server != protocol.Order{}, server.Attempt
	} else {
		config.Draw, config.Mine = newLinkID, m.session.Own
	}
	p := &peer{id: id, mux: m, forget: func() {}, door: link.NewDoor(config), opens: newBucket(maxOpens, link.Second)}
	p.timer = time.AfterFunc(time.Hour, p.due)
	p.timer.Stop()
	return p
}

func newLinkID() link.ID {
	for {
		if n := random(); n != 0 {
			return link.NewID(n)
		}
	}
}

// do has an event happen, and frames sent that follow from it.
func (p *peer) do(event func(now link.Time)) {
	p.notify(p.step(event))
}

// notify has the goroutines look that send for the peer: the mux, and pump of d, if there is
// one.
func (p *peer) notify(d *direct) {
	p.mux.attend(p)
	if d != nil {
		d.ring()
	}
}

// due is what the timer calls.
func (p *peer) due() {
	p.notify(p.step(func(link.Time) { p.timerAt = -1 }))
}

// step is the one way in. With the lock and the time it has event call the link, carries out
// what the link says, and sets the timer. What others are to do follows without the lock. It
// returns the direct path if something can be sent there.
func (p *peer) step(event func(now link.Time)) (d *direct) {
	p.mu.Lock()
	now := p.mux.now()
	event(now)
	if p.current != nil {
		p.current.effects(now)
		if p.current.direct.open {
			d = p.current.direct
		}
	}
	p.setTimer(now)
	after := p.after
	p.after = nil
	p.mu.Unlock()
	for _, do := range after {
		do()
	}
	return d
}

// later has something done when mu is free.
func (p *peer) later(do func()) { p.after = append(p.after, do) }

// soon is how long the timer waits for what is due already. A goroutine is about to do it,
// or is held up.
const soon = 10 * link.Millisecond

func (p *peer) setTimer(now link.Time) {
	var at link.Time
	sooner := func(t link.Time) {
		if t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	if l := p.door.Link(); l != nil {
		sooner(l.Wake())
	}
	if c := p.current; c != nil {
		sooner(c.giveUpAt)
		sooner(c.goneAt)
		sooner(c.direct.due())
		sooner(c.mendAt())
	}
	if at != 0 && at <= now {
		at = now + soon
	}
	switch {
	case at == p.timerAt:
	case at == 0:
		p.timer.Stop()
	default:
		p.timer.Reset(p.mux.until(at))
	}
	p.timerAt = at
}

// next appends the next frame for the relay, of some kinds, to dst, and returns of which kind it
// is, or 0 if there is none. Left are the kinds that others have.
func (p *peer) next(dst []byte, of link.Kinds) (frame []byte, kind, left link.Kinds) {
	frame = dst
	p.step(func(now link.Time) {
		f, ok, l := p.reply, p.replies, p.door.Link()
		if p.replies = false; !ok && l != nil {
			p.tick(now)
			f, ok = l.NextOf(now, link.Relay, of)
		}
		if ok {
			frame, kind = f.Append(dst, p.id), f.Kind()
			if p.current != nil {
				p.current.sent[link.Relay] += uint64(len(frame))
			}
		}
		if l != nil {
			left = l.Waiting(now, link.Relay)
		}
		if c := p.current; !ok && c != nil && c.direct.open && c.link.Waiting(now, link.Direct)&link.Urgent != 0 {
			p.later(c.direct.ring) // tick has found it
		}
	})
	return frame, kind, left
}

// tick does what is due.
func (p *peer) tick(now link.Time) {
	l := p.door.Link()
	l.Tick(now)
	if flushes {
		l.Flush(now)
	}
	if p.current != nil {
		p.current.tick(now)
		p.current.effects(now)
	}
}

// heard takes what the session says of the peer.
func (p *peer) heard(e signaling.Event) {
	switch e.Kind {
	case signaling.Delivered:
		p.receive(e)
	case signaling.Undelivered:
		if e.Reason == signaling.ReasonStreams {
			p.mux.noStreams()
		}
		p.do(func(now link.Time) {
			p.door.CarryStreams(!p.mux.limits.Load().NoStreams)
			if l := p.door.Link(); l != nil {
				l.Doubt(now, link.Relay)
			}
		})
	case signaling.Away:
		p.path(false, func(s *status) { s.away = true })
	case signaling.Back, signaling.Joined:
		p.rejoin()
		p.path(true, func(s *status) { s.away, s.offline = false, false })
		p.do(func(now link.Time) {
			if p.current != nil {
				p.current.direct.met(now)
			}
		})
	case signaling.Gone:
		p.lose(&GoneError{Reason: Reason(e.Reason)}, Reason(e.Reason), false)
	}
}

// online also asks the direct path whether it still works, because what has cut this side off
// from the relay may be a change of its network (W6).
func (p *peer) online(up bool) {
	p.path(up, func(s *status) { s.offline = !up })
	if !up {
		p.do(func(link.Time) {
			if p.current != nil {
				p.current.direct.health.Check()
			}
		})
	}
}

func (p *peer) lost(err error) { p.lose(err, ReasonRelay, true) }

// alone reports whether the peer is gone for the relay, but not for its link.
func (p *peer) alone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current != nil && p.current.isAlone()
}

// rejoin notes that the peer is at the relay, and reports whether it was alone. Both are one
// step: a link that ends in between would have forget called for a peer that is back.
func (p *peer) rejoin() (alone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		alone = p.current.isAlone()
		p.current.alone, p.current.goneAt = nil, 0
	}
	return alone
}

// path tells the link that there is a path to the peer, possibly a new one, or none. There is
// none over the relay while the peer is gone there.
func (p *peer) path(up bool, change func(*status)) {
	p.do(func(now link.Time) {
		p.door.CarryStreams(!p.mux.limits.Load().NoStreams)
		if l := p.door.Link(); l == nil {
			return
		} else if up && (p.current == nil || !p.current.isAlone()) {
			l.PathUp(now, link.Relay)
		} else {
			l.PathDown(now, link.Relay)
		}
		if p.current != nil {
			p.current.conn.status.set(change)
			if up {
				p.current.repair.Anew()
			}
		}
	})
}

// lose ends the current link because the relay does not carry it any more, and never will if
// final. why is for the outcomes.
func (p *peer) lose(cause error, why Reason, final bool) {
	p.do(func(now link.Time) {
		if p.current != nil {
			p.current.lose(now, cause, why, final)
		}
	})
}

// last returns what a later peer of the same ID must remember, if anything.
func (p *peer) last() (past link.Past, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.door.Past()
}

// receive takes a message of the peer. One without a header belongs to no link and is
// dropped.
func (p *peer) receive(e signaling.Event) {
	if e.Link == nil {
		return
	}
	header, err := link.ParseHeader(e.Link)
	p.do(func(now link.Time) {
		var entry link.Entry
		switch {
		case e.Type == protocol.TypeLinkOpen && !p.opens.take(now):
			return // it will ask again
		case err != nil:
			entry = p.door.Malformed(now)
		default:
			message := e.Message
			if header.Of == 0 && header.At == 0 && e.Type != protocol.TypeLinkStream { // the link copies those itself
				message = bytes.Clone(message)
			}
			entry = p.door.Receive(now, []byte(e.Type), message, &header)
		}
		if entry.HasReply {
			p.reply, p.replies = entry.Reply, true
		}
		if entry.Replaced != nil && p.current != nil {
			p.current.effects(now)
		}
		if entry.Opened {
			p.current = p.open(entry.Link)
		}
		if entry.Link != nil && p.current != nil {
			p.current.received[link.Relay] += uint64(len(e.Message) + len(e.Link))
			p.current.direct.met(now)
			if sends, _ := entry.Link.Current(); header.Ask != 0 && sends == link.Direct {
				p.current.direct.health.Check() // the other side may have left the direct path (W4)
			}
		}
	})
}
