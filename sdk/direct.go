package sdk

import (
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// maxUnsent is how many bytes may wait in the channel of the link (W5).
const maxUnsent = 1 << 20

// direct is the direct path of a link over one connection: its health, and the goroutine that
// writes to the channel of the link while that is open. What follows the static fields is
// touched inside peer.step only, as in a linked.
type direct struct {
	linked *linked // static, as are the next four
	rtc    *rtc.Peer
	pc     uint64        // the number of the connection
	wake   chan struct{} // holds a token if there may be something to send
	closed chan struct{} // closed when the path is over

	running sync.WaitGroup // pump, and what follows the end of the connection

	health link.Health
	open   bool   // pump runs
	over   bool   // nothing more comes
	up     bool   // the link knows the path
	q      uint64 // the last OFFER

	// label says that the path leads through the relay's own TURN server, and instance at which
	// start of a relay it was last looked for or found (W10), or "".
	label    bool
	instance string

	attempt attempt
}

func newDirect(l *linked, pc uint64) *direct {
	d := &direct{linked: l, pc: pc, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	d.running.Add(1) // until LinkOver, which another goroutine may bring while one waits
	options := l.options
	options.Signal, options.Link, options.Full = d.signal, d, d.full
	d.rtc = rtc.New(options)
	return d
}

// LinkMessage takes a message of the channel.
func (d *direct) LinkMessage(message []byte, text bool) {
	d.linked.do(func(now link.Time) {
		l := d.linked.link
		if l.Version() >= 2 && !d.over {
			d.linked.received[link.Direct] += uint64(len(message))
			l.ReceiveDirect(now, &d.health, message, text)
		}
	})
}

// LinkNews takes what happens to the path. That it is over may be said inside a step.
func (d *direct) LinkNews(news rtc.LinkNews) {
	switch news {
	case rtc.LinkOpen:
		d.linked.do(d.opened)
	case rtc.LinkLow:
		d.ring()
	case rtc.LinkDisconnected:
		d.linked.do(d.health.Disconnected)
	case rtc.LinkBegun:
		d.linked.do(func(now link.Time) {
			d.attempt.begunAt, d.instance = now, d.linked.conn.session.Instance()
			d.linked.begun(now, d)
		})
	case rtc.LinkPair:
		d.linked.do(d.paired)
	case rtc.LinkAgreed:
		d.linked.do(func(now link.Time) { d.linked.agreed(now, d) })
	case rtc.LinkOver:
		close(d.closed)
		go func() {
			defer d.running.Done()
			d.linked.do(d.ended)
		}()
	}
}

// allowed reports whether the two sides have agreed that the link may take the direct path
// (W3, W8).
func (d *direct) allowed() bool {
	l := d.linked.link
	return l.Version() >= 2 && l.Policy() != link.RelayOnly
}

// stands reports whether the path is up, or was and is not lost.
func (d *direct) stands() bool {
	return d.open && !d.over && d.allowed() && d.health.State() != link.Probing
}

// paired notes that another pair of addresses was selected.
func (d *direct) paired(now link.Time) {
	d.label, d.instance = d.rtc.Pair().Label, d.linked.conn.session.Instance()
	if d.attempt.foundAt == 0 {
		d.attempt.foundAt = now
	}
}

// met has a path through the TURN server of a relay restarted that was started again, or that both
// sides have left for another (W10), or an attempt, which may have candidates there. The other side
// is at the relay: something of it has come.
func (d *direct) met(now link.Time) {
	instance := d.linked.conn.session.Instance()
	if (d.label || !d.open) && !d.over && d.instance != "" && instance != d.instance {
		d.instance = instance
		d.health.Disconnected(now)
		d.linked.repair.Broken(now)
	}
}

// opened notes that the channel is open.
func (d *direct) opened(now link.Time) {
	if d.open || d.over || d.linked.link.Version() < 2 {
		return
	}
	d.open = true
	d.attempt.tellAt = now + tellAfter
	d.health.Open(now)
	d.running.Go(d.pump)
}

// ended notes that the path is over. Another connection may follow.
func (d *direct) ended(now link.Time) {
	d.tell()
	d.over = true
	d.health.Fail()
	if d == d.linked.direct {
		d.linked.repair.Over(now, 0)
	}
}

// wait waits for what runs still, after the end of the path.
func (d *direct) wait() {
	d.linked.peer.step(d.ended)
	d.running.Wait()
}

// look tells the link what has become of the path, and the path what the link has sent on
// it. acked is what was acknowledged with this event.
func (d *direct) look(now link.Time, acked int) {
	if !d.open {
		return
	}
	l := d.linked.link
	if p, _ := l.Current(); p == link.Direct && acked > 0 {
		d.health.Acked(now, acked)
	}
	d.health.Sent(l.Unacknowledged(link.Direct))
	l.SetInFlight(link.Direct, d.health.InFlight())
	usable := d.health.State() == link.Up || d.health.Answers() && !l.Has(link.Relay) // there is no better one (W4)
	if up := usable && d.allowed() && !(d.label && l.RelaySuffices()); up != d.up {
		if d.up = up; up {
			d.linked.downAt = 0
			l.PathUp(now, link.Direct)
		} else {
			d.linked.downAt = now
			l.PathDown(now, link.Direct)
		}
		d.linked.since = time.Now()
		d.linked.turned.ring()
		d.linked.conn.status.set(func(s *status) { s.direct = up })
		p := d.linked.peer
		p.later(func() { p.notify(d) }) // what changed may be for the other one's goroutine
	}
	if d.health.State() == link.Lost {
		d.linked.pathLost(now)
		if !d.over {
			d.ended(now)
			d.linked.peer.later(d.rtc.GiveUp)
		}
	}
}

// tick does what is due.
func (d *direct) tick(now link.Time) {
	if d.open {
		d.health.Tick(now)
	}
	if d.attempt.tellAt != 0 && now >= d.attempt.tellAt {
		d.tell()
	}
}

// due returns when the path has something to do; 0 means never.
func (d *direct) due() link.Time {
	if !d.open || d.over {
		return 0
	}
	at := d.health.Wake()
	if tell := d.attempt.tellAt; at == 0 || tell != 0 && tell < at {
		at = tell
	}
	return at
}

// ring has pump look for something to send.
func (d *direct) ring() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// pump writes to the channel until it is closed.
func (d *direct) pump() {
	var frame []byte
	for {
		select {
		case <-d.wake:
			yield()
		case <-d.closed:
			return
		}
		for d.rtc.LinkBuffered() < maxUnsent {
			var text, ok bool
			if frame, text, ok = d.next(frame[:0]); !ok || d.rtc.SendLink(frame, text) != nil {
				break // the link sends again what is lost
			}
		}
	}
}

// next appends the next message for the channel to dst, if there is one.
func (d *direct) next(dst []byte) (message []byte, text, ok bool) {
	p := d.linked.peer
	p.step(func(now link.Time) {
		if p.current != d.linked || d.linked.direct != d || d.over || d.linked.link.Dead() {
			return
		}
		p.tick(now)
		var n uint64
		var pong bool
		if n, pong, ok = d.health.Next(now); ok {
			dst = link.AppendPing(dst, n, pong)
			return
		}
		var f link.Frame
		if f, ok = d.linked.link.Next(now, link.Direct); ok {
			dst, text = f.AppendDirect(dst)
			d.linked.sent[link.Direct] += uint64(len(dst))
		} else if d.linked.link.Waiting(now, link.Relay)&link.Urgent != 0 {
			p.later(func() { p.mux.attend(p) }) // tick has found it
		}
	})
	return dst, text, ok
}
