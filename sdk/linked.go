package sdk

import (
	"bytes"
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
)

const (
	// stalledAfter is how long the other side may take to repeat missing frames once it has
	// announced its close (W2).
	stalledAfter = 5 * time.Second

	// byeWithin bounds how long the last frame to the other peer may take.
	byeWithin = 2 * time.Second
)

// linked is the part of a Conn that runs over a link. Its peer owns it: what follows the
// static fields is touched inside peer.step only.
type linked struct {
	conn    *Conn // static, as are the next three
	peer    *peer
	link    *link.Link
	settled chan struct{} // closed when nothing more has to be done for the link

	arrived bell    // a message can be taken, or none will come
	space   [2]bell // by sequence: the link may take a message again

	closed   bool      // this side has closed
	untaken  bool      // there may be a message to take
	cause    error     // why this side has aborted the link
	why      Reason    // the same for outcomes
	ended    error     // why the link has ended
	giveUpAt link.Time // when to abort a link that the other side has closed; or 0
}

func newLinked(c *Conn, p *peer, l *link.Link) *linked {
	return &linked{conn: c, peer: p, link: l, settled: make(chan struct{})}
}

func (l *linked) reliable() bool { return true }

// do is peer.do for an event of this link, which may have been replaced by a later one.
func (l *linked) do(event func(now link.Time)) {
	l.peer.do(func(now link.Time) {
		event(now)
		l.effects(now)
	})
}

// send waits until the link accepts a message.
func (l *linked) send(ctx context.Context, typ string, message []byte, r *Receipt) error {
	var token any
	if r != nil {
		if len(message) > protocol.MaxPart {
			r.of = len(message)
		}
		token = r
	}
	message = bytes.Clone(message)
	for {
		full, err := l.trySend(typ, message, token)
		if full == nil {
			return err
		}
		select {
		case <-full:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// trySend returns a channel if the link is full. The channel is closed when there may be space.
func (l *linked) trySend(typ string, message []byte, token any) (full <-chan struct{}, err error) {
	l.do(func(now link.Time) {
		if l.closed {
			err = ErrClosed
			return
		}
		switch err = l.link.Send(now, typ, message, token); err {
		case link.ErrFull:
			full = l.space[link.Sequence(typ)].wait()
		case link.ErrEnded:
			if err = l.ended; err == nil {
				err = &GoneError{Reason: ReasonClosed} // the other side accepts nothing more; its messages can still be received
			}
		case link.ErrTooLong:
			err = tooLong(len(message))
		}
	})
	return full, err
}

// receive takes the next message from the link.
func (l *linked) receive(ctx context.Context) (Message, error) {
	for {
		m, empty, err := l.take()
		if empty == nil {
			return m, err
		}
		select {
		case <-empty:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// take returns a channel if there is no message. The channel is closed when there may be one.
func (l *linked) take() (m Message, empty <-chan struct{}, err error) {
	l.do(func(now link.Time) {
		if l.closed {
			err = ErrClosed
			return
		}
		taken, ok := l.link.Take(now, link.Data)
		l.untaken = ok
		switch {
		case ok:
			m = Message{Type: taken.Type, Data: taken.Data}
		case l.ended != nil:
			err = l.ended
		default:
			empty = l.arrived.wait()
		}
	})
	return m, empty, err
}

// effects carries out what the link says.
func (l *linked) effects(now link.Time) {
	e := l.link.Effects()
	if e.Arrived[link.Signalling] {
		l.takeSignals(now)
	}
	if e.Ended.How == link.GivenUp {
		l.givenUp(e.Ended.Why)
	}
	for _, o := range e.Outcomes {
		o.Token.(*Receipt).settle(outcomeOf(o, l.why))
	}
	for _, p := range e.Progress {
		p.Token.(*Receipt).progress(p.Received, p.Of)
	}
	for sequence, space := range e.Room {
		if space {
			l.space[sequence].ring()
		}
	}
	if e.Opened {
		l.conn.status.set(func(s *status) { s.opening = false })
	}
	if e.Arrived[link.Data] {
		l.untaken = true
		l.arrived.ring()
	}
	end := e.Ended
	e.Reset()
	if end.How != 0 {
		l.linkEnded(now, end)
	}
	if l.link.Over() {
		select {
		case <-l.settled:
		default:
			close(l.settled)
		}
	}
}

func (l *linked) takeSignals(now link.Time) {
	for {
		m, ok := l.link.Take(now, link.Signalling)
		if !ok {
			return
		}
		if l.conn.rtc.Handle(m.Type, m.Data) == ErrOverflow {
			l.abort(now, ErrOverflow, ReasonBroken)
			return
		}
	}
}

// linkEnded notes why the link has ended. The application learns it after it has received
// the messages that came before.
func (l *linked) linkEnded(now link.Time, end link.End) {
	l.giveUpAt = 0
	switch end.How {
	case link.ClosedHere:
		l.ended = ErrClosed
	case link.ClosedThere:
		l.ended = &GoneError{Reason: ReasonClosed}
		l.link.Close(now) // the other side waits for the confirmation that all was taken
	case link.Restarted:
		l.ended = ErrRestarted
	case link.FailedHere, link.FailedThere:
		l.ended = &LinkError{Why: end.Why, Here: end.How == link.FailedHere}
	default:
		l.ended = l.cause
	}
	err, first := l.ended, l.conn.status.end(l.ended) // before Receive returns the reason
	l.wake()
	l.peer.after = append(l.peer.after, func() { l.conn.ended(first, err) })
}

// wake makes all calls that wait for the link check again.
func (l *linked) wake() {
	l.arrived.ring()
	for sequence := range l.space {
		l.space[sequence].ring()
	}
}

// abort ends the link because it cannot go on. why is for the outcomes.
func (l *linked) abort(now link.Time, cause error, why Reason) {
	if l.cause == nil {
		l.cause, l.why = cause, why
	}
	switch why { // for the other side
	case ReasonClosedHere:
		why = ReasonClosed
	case ReasonClosed, ReasonBroken:
	default:
		why = ReasonTimeout
	}
	l.link.Abort(now, string(why))
}

// givenUp notes why the other side has given up the link (L2).
func (l *linked) givenUp(why string) {
	switch Reason(why) {
	case ReasonClosed:
		l.cause, l.why = &GoneError{Reason: ReasonClosed}, ReasonClosed
	case ReasonBroken:
		l.cause, l.why = &LinkError{Why: why}, ReasonBroken
	default:
		l.cause, l.why = ErrGivenUp, ReasonTimeout
	}
}

// endSeen notes that LINK_END came. Frames that it counts may still come, or never.
func (l *linked) endSeen(now link.Time) {
	if l.giveUpAt == 0 && l.ended == nil && !l.closed {
		l.giveUpAt = now + link.Time(stalledAfter)
	}
}

// tick gives up a link that the other side has closed and of which nothing more comes.
func (l *linked) tick(now link.Time) {
	if l.giveUpAt == 0 || now < l.giveUpAt {
		return
	}
	if l.untaken {
		l.giveUpAt = now + link.Time(stalledAfter) // only the application is slow
		return
	}
	l.giveUpAt = 0
	l.abort(now, &GoneError{Reason: ReasonClosed}, ReasonClosed)
}

// stop tells the other side that this side accepts nothing more.
func (l *linked) stop() {
	l.do(func(now link.Time) {
		l.closed, l.giveUpAt = true, 0
		l.link.Close(now)
		l.wake()
	})
}

// finish waits until all outcomes are known and the other side knows that this side has
// closed. When ctx ends it gives up the link.
func (l *linked) finish(ctx context.Context) error {
	if l.await(ctx) {
		return nil
	}
	known := false
	l.do(func(now link.Time) {
		known = l.link.Pending(link.Data) == 0
		l.abort(now, ErrClosed, ReasonClosedHere)
	})
	if known {
		return nil
	}
	return context.Cause(ctx)
}

// linger lets a link that the other side has ended send its last frame before the session is
// closed.
func (l *linked) linger() {
	ctx, cancel := context.WithTimeout(l.conn.hurry, byeWithin)
	defer cancel()
	l.await(ctx)
}

// await reports whether everything was done for the link before the end of ctx.
func (l *linked) await(ctx context.Context) bool {
	select {
	case <-l.settled:
		return true
	default:
	}
	select {
	case <-l.settled:
		return true
	case <-ctx.Done():
		return false
	}
}
