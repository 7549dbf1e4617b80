package sdk

import (
	"bytes"
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
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
	conn    *Conn // static, as are the next six
	peer    *peer
	link    *link.Link
	options rtc.Options   // of its connections; what differs between them is missing
	offers  bool          // this side makes the offers
	turns   *turns        // of its listener; nil if there is none
	settled chan struct{} // closed when nothing more has to be done for the link

	arrived bell    // a message can be taken, or none will come
	space   [2]bell // by sequence: the link may take a message again
	turned  bell    // messages take another path
	streams streams
	inTurn  bool // it is in turns, whose lock guards this

	direct    *direct // the present one
	needsPath bool    // the application has asked for one
	repair    link.Repair
	connectAt link.Time // when a client wants a direct path of itself
	out       int       // bytes that were sent, for which a server wants one
	renewals  bucket    // what the other side may still make anew

	since          time.Time // when they took this one
	sent, received [2]uint64 // bytes, by path

	closed   bool      // this side has closed
	untaken  bool      // there may be a message to take
	cause    error     // why this side has aborted the link
	why      Reason    // the same for outcomes
	ended    error     // why the link has ended
	end      link.End  // the same as the link says it
	giveUpAt link.Time // when to abort a link that the other side has closed; or 0
	alone    error     // why the relay does not carry this link any more, while the direct path does; or nil
	aloneFor Reason    // the same for outcomes
	final    bool      // and never will
	downAt   link.Time // when the direct path was up last, and is not now; or 0
	goneAt   link.Time // when the link is over that has no path at all; or 0
}

// newLinked returns what needs its Conn still.
func newLinked(p *peer, l *link.Link) *linked {
	return &linked{
		peer: p, link: l, settled: make(chan struct{}), since: time.Now(),
		repair: link.NewRepair(random), renewals: newBucket(maxRenewals, renewEvery),
	}
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
	return l.retry(ctx, link.Sequence(typ), func(now link.Time) error {
		err := l.link.Send(now, typ, message, token)
		switch err {
		case nil:
			l.out += len(message)
		case link.ErrTooLong:
			err = tooLong(len(message))
		}
		return err
	})
}

// retry has the link send a message of a sequence, as soon as it takes it.
func (l *linked) retry(ctx context.Context, sequence int, send func(now link.Time) error) error {
	for {
		full, err := l.trySend(sequence, send)
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
func (l *linked) trySend(sequence int, send func(now link.Time) error) (full <-chan struct{}, err error) {
	l.do(func(now link.Time) {
		if l.closed {
			err = ErrClosed
			return
		}
		switch err = send(now); err {
		case link.ErrFull:
			full = l.space[sequence].wait()
		case link.ErrEnded:
			err = l.over()
		}
	})
	return full, err
}

// over returns why the link accepts nothing more.
func (l *linked) over() error {
	switch {
	case l.closed:
		return ErrClosed
	case l.ended != nil:
		return l.ended
	}
	return &GoneError{Reason: ReasonClosed} // its messages can still be received
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

// path returns how messages travel.
func (l *linked) path() (now Path, turned <-chan struct{}) {
	l.peer.mu.Lock()
	defer l.peer.mu.Unlock()
	way, trip := link.Relay, l.link.RoundTrip(link.Relay)
	now.Route = RouteRelay
	if l.direct.up {
		way, trip, now.Route = link.Direct, l.direct.health.RoundTrip(), RouteDirect
	}
	now.Since, now.RoundTrip = l.since, time.Duration(trip)
	now.Sent, now.Received = l.sent[way], l.received[way]
	return now, l.turned.wait()
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
		o.Token.(*Receipt).settle(l.outcome(o, e.Ended))
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
		if l.link.Version() < 2 {
			l.conn.rtc.end()
		}
	}
	if e.Arrived[link.Data] {
		l.untaken = true
		l.arrived.ring()
	}
	l.streamEffects(e)
	end, acked := e.Ended, e.Acked
	e.Reset()
	if end.How != 0 {
		l.linkEnded(now, end)
	}
	if l.link.Ending() {
		l.endSeen(now)
	}
	l.direct.look(now, acked)
	l.mend(now)
	if l.link.Over() {
		select {
		case <-l.settled:
		default:
			close(l.settled)
		}
	}
}

// outcome translates an outcome of the link, which has ended like that if it has.
func (l *linked) outcome(o link.Outcome, end link.End) Outcome {
	outcome := outcomeOf(o, l.why)
	if why := Reason(end.Why); o.How == link.FailedThere && dismisses(why) {
		outcome.Reason = why
	}
	return outcome
}

func (l *linked) takeSignals(now link.Time) {
	for {
		m, ok := l.link.Take(now, link.Signalling)
		if !ok {
			return
		}
		if l.signalled(now, m) == ErrOverflow {
			l.abort(now, ErrOverflow, ReasonBroken)
			return
		}
	}
}

// linkEnded notes why the link has ended. The application learns it after it has received
// the messages that came before.
func (l *linked) linkEnded(now link.Time, end link.End) {
	l.giveUpAt, l.goneAt, l.end = 0, 0, end
	switch end.How {
	case link.ClosedHere:
		l.ended = ErrClosed
	case link.ClosedThere:
		l.ended = &GoneError{Reason: ReasonClosed}
		l.link.Close(now) // the other side waits for the confirmation that all was taken
	case link.Restarted:
		l.ended = ErrRestarted
	case link.FailedHere, link.FailedThere:
		if why := Reason(end.Why); end.How == link.FailedThere && dismisses(why) {
			l.ended = l.dismissed(why)
			break
		}
		l.ended = &LinkError{Why: end.Why, Here: end.How == link.FailedHere}
	default:
		l.ended = l.cause
	}
	if l.alone != nil {
		l.peer.later(l.peer.forget)
	}
	err, first := l.ended, l.conn.status.end(l.ended) // before Receive returns the reason
	l.wake()
	l.peer.later(func() { l.conn.ended(first, err) })
}

// wake makes all calls that wait for the link check again.
func (l *linked) wake() {
	l.arrived.ring()
	for sequence := range l.space {
		l.space[sequence].ring()
	}
	l.streams.wake()
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
		l.streams.wake() // no more are accepted
	}
}

// lose ends the link because of what the relay says, or because there is no relay. why is for
// the outcomes. While there is a direct path, even a suspect one, the link goes on, unless the
// other peer is not to be there any more (W7).
func (l *linked) lose(now link.Time, cause error, why Reason, final bool) {
	stands := l.direct.stands()
	waits := !final && why == ReasonTimeout && now < l.patience() // the direct path was up not long ago
	switch word := dismissal(cause, why); {
	case cause == ErrClosed, !stands && !waits:
		l.abort(now, cause, why)
	case word != "":
		l.cause, l.why = cause, why
		l.link.Dismiss(now, string(word))
	default:
		l.link.PathDown(now, link.Relay)
		l.conn.status.set(func(s *status) { s.away = true })
		l.alone, l.aloneFor, l.final = cause, why, final
		if !stands {
			l.pathLost(now)
		}
	}
}

// dismissal returns why one of the two peers is not to be there any more, if that is what the
// relay says.
func dismissal(cause error, why Reason) Reason {
	of, _ := cause.(*RelayError)
	switch {
	case dismisses(why):
		return why
	case of != nil && of.Err == ErrKicked:
		return ReasonKicked
	case of != nil && of.Err == ErrReplaced:
		return ReasonReplaced
	}
	return ""
}

func dismisses(why Reason) bool {
	return why == ReasonKicked || why == ReasonReplaced || why == ReasonLeft
}

// dismissed is why a link has ended that the other side has dismissed.
func (l *linked) dismissed(why Reason) error {
	if why == ReasonKicked && l.conn.peer == l.conn.session.Room() {
		return ErrKicked // it is clients that are
	}
	return &GoneError{Reason: why}
}

// pathLost notes that the direct path will not be back. The relay may carry the link again: the
// other side notices the same, and needs it, too (W7).
func (l *linked) pathLost(now link.Time) {
	switch {
	case !l.isAlone():
	case l.final:
		l.abort(now, l.alone, l.aloneFor)
	default:
		l.goneAt = max(now, l.patience())
	}
}

// patience returns until when a side waits for another path after the end of the direct path.
func (l *linked) patience() link.Time {
	if l.downAt == 0 {
		return 0
	}
	return l.downAt + link.Time(l.conn.session.Patience())
}

// isAlone reports whether the link lives, and only the direct path carries it.
func (l *linked) isAlone() bool { return l.alone != nil && l.ended == nil }

// lives reports whether the link goes on.
func (l *linked) lives() bool {
	return !l.closed && l.ended == nil && l.cause == nil && !l.link.Ending()
}

// tick gives up a link that the other side has closed and of which nothing more comes.
func (l *linked) tick(now link.Time) {
	l.direct.tick(now)
	if l.goneAt != 0 && now >= l.goneAt {
		l.goneAt = 0
		l.abort(now, l.alone, l.aloneFor)
	}
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
		l.direct.tell() // while there is a session
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
		known = l.link.Pending(link.Data)+l.link.Pending(link.Streams) == 0
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
