package sdk

import (
	"context"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

const (
	// connectAfter is how old a client's Conn is when it begins to look for the direct path,
	// and connectBytes is what a server has sent by then (W8).
	connectAfter = link.Second / 2
	connectBytes = 64 << 10

	// The other side may have this many connections made at once, and then one in renewEvery.
	maxRenewals = 3
	renewEvery  = 2 * link.Second

	// fullWait is how long a client waits that a listener has no capacity for, in seconds.
	fullWait = 60
)

// signal sends a message of a connection to the other peer.
func (d *direct) signal(ctx context.Context, typ string, message []byte) error {
	var room rtc.Sections
	if typ == protocol.TypeNegotiate {
		room = d.rtc.Sections()
	}
	return d.linked.retry(ctx, link.Signalling, func(now link.Time) error {
		return d.send(now, typ, message, link.About{PC: d.pc, Q: d.q, Audio: room.Audio, Video: room.Video})
	})
}

func (d *direct) send(now link.Time, typ string, message []byte, about link.About) error {
	if d != d.linked.direct {
		return rtc.ErrReplaced
	}
	if typ == protocol.TypeOffer {
		about.Q++
	}
	err := d.linked.link.Signal(now, typ, message, about)
	if err == nil {
		d.q = about.Q
	}
	return err
}

// full tells the client that there is no capacity for its connection.
func (d *direct) full() (told bool) {
	d.linked.do(func(now link.Time) {
		if d == d.linked.direct && d.linked.link.Version() >= 2 {
			told = d.refuse(now, fullWait) == nil
			d.linked.repair.Over(now, fullWait*link.Second)
		}
	})
	return told
}

func (d *direct) refuse(now link.Time, wait uint64) error {
	return d.send(now, protocol.TypeNegotiate, []byte("null"), link.About{PC: d.pc, Q: d.q, Wait: wait})
}

// signalled takes a message of signalling. The error is ErrOverflow.
func (l *linked) signalled(now link.Time, m link.Message) error {
	about := m.About
	if l.link.Version() < 2 || about.PC == 0 {
		return l.direct.rtc.Handle(m.Type, m.Data)
	}
	if about.PC > l.direct.pc && (m.Type == protocol.TypeOffer || m.Type == protocol.TypeNegotiate) {
		l.theirs(now, about)
	}
	d := l.direct
	if about.PC != d.pc {
		return nil
	}
	asks := m.Type == protocol.TypeNegotiate && (about.ICE || about.Wait > 0)
	switch {
	case m.Type == protocol.TypeOffer && !l.offers && about.Q > 0:
		if about.Q <= d.q {
			return nil
		}
		d.q = about.Q
	case (asks || m.Type == protocol.TypeAnswer) && about.Q != d.q && about.Q > 0:
		return nil
	case asks && about.ICE:
		d.health.Check()
		l.repair.Asked(now)
		return nil
	case asks:
		l.repair.Over(now, link.Time(min(about.Wait, 1<<10))*link.Second)
		l.peer.later(d.rtc.Refused)
		return nil
	case m.Type == protocol.TypeNegotiate:
		d.rtc.MakeRoom(rtc.Sections{Audio: about.Audio, Video: about.Video})
	}
	return d.rtc.Handle(m.Type, m.Data)
}

// theirs goes on with a connection that the other side has begun, if that may be.
func (l *linked) theirs(now link.Time, about link.About) {
	switch {
	case !l.mayMend():
	case l.renewals.take(now):
		l.repair.Renewed(now)
		l.renew(now, about.PC)
	case !l.offers:
		about = link.About{PC: about.PC, Q: about.Q, Wait: uint64(renewEvery / link.Second)}
		_ = l.link.Signal(now, protocol.TypeNegotiate, []byte("null"), about)
	}
}

// renew goes on with the connection of that number.
func (l *linked) renew(now link.Time, pc uint64) {
	old := l.direct
	l.direct = newDirect(l, pc)
	old.over = true
	old.health.Fail()
	old.look(now, 0)
	l.conn.rtc.replace(l.direct.rtc, old.running.Wait)
}

// begun and agreed note how the negotiation of a connection goes.
func (l *linked) begun(now link.Time, d *direct) {
	if d == l.direct {
		l.repair.Begun(now)
	}
}

func (l *linked) agreed(now link.Time, d *direct) {
	if d == l.direct {
		l.repair.Agreed(now)
	}
}

// want says that the application needs a direct path.
func (l *linked) want() {
	l.do(func(link.Time) {
		l.needsPath = true
		l.repair.Want()
	})
}

// mayMend reports whether there may be another connection.
func (l *linked) mayMend() bool {
	return l.link.Version() >= 2 && !l.closed && l.ended == nil && !l.link.Ending()
}

// mend does what there is to do for the direct path.
func (l *linked) mend(now link.Time) {
	if !l.mayMend() {
		return
	}
	policy := l.link.Policy()
	begin := l.offers && now >= l.connectAt || !l.offers && l.out > connectBytes
	if !l.repair.Wanted() && (policy == link.Auto && begin || policy == link.DirectOnly) {
		l.repair.Want()
	}
	switch l.repair.Next(now, l.direct.health.Answers(), l.link.Has(link.Relay)) {
	case link.Connect:
		if l.direct.over {
			l.renew(now, l.direct.pc+1)
		}
		l.peer.later(l.direct.rtc.Connect)
	case link.Restart:
		if d := l.direct; l.offers {
			l.peer.later(d.rtc.Restart)
		} else {
			_ = d.send(now, protocol.TypeNegotiate, []byte("null"), link.About{PC: d.pc, Q: d.q, ICE: true})
		}
	case link.GiveUp:
		l.peer.later(l.direct.rtc.GiveUp)
	}
}

// mendAt returns when mend has something to do; 0 means never.
func (l *linked) mendAt() link.Time {
	switch {
	case !l.mayMend():
		return 0
	case !l.repair.Wanted() && l.offers && l.link.Policy() == link.Auto:
		return l.connectAt
	}
	return l.repair.Wake(l.link.Has(link.Relay))
}
