package sdk

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// stalledAfter is how long the other side may take, once it has said that it closes, to
// send again what has not come (W2).
const stalledAfter = 5 * time.Second

// reliable is the part of a Conn that runs over a link. All of it is guarded by gate.mu.
type reliable struct {
	link    *link.Link
	arrived chan struct{}    // holds a token if there may be a message to take
	room    [2]chan struct{} // by stream: made for whoever waits, closed when there is room
	settled chan struct{}    // closed when nothing more has to be done for the link

	closed   bool      // this side has closed
	more     bool      // there may be a message to take
	cause    error     // why this side has aborted the link
	why      string    // the same for outcomes
	ended    error     // why the link has ended
	giveUpAt link.Time // when to abort a link that the other side has closed; or 0
}

func newReliable(l *link.Link) reliable {
	return reliable{link: l, arrived: make(chan struct{}, 1), settled: make(chan struct{})}
}

// sendLink has the link send a message, and waits until it takes it.
func (c *Conn) sendLink(ctx context.Context, typ string, message []byte, r *Receipt) error {
	var token any
	if r != nil {
		token = r
	}
	for {
		room, err := c.trySend(typ, message, token)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// trySend returns a channel if there is no room: it is closed when there may be.
func (c *Conn) trySend(typ string, message []byte, token any) (room chan struct{}, err error) {
	now := c.gate.carrier.now()
	c.gate.mu.Lock()
	defer c.gate.unlock()
	if c.closed {
		return nil, ErrClosed
	}
	err = c.link.Send(now, typ, message, token)
	switch err {
	case link.ErrFull:
		stream := link.Stream(typ)
		if c.room[stream] == nil {
			c.room[stream] = make(chan struct{})
		}
		room = c.room[stream]
	case link.ErrEnded:
		if err = c.ended; err == nil {
			err = &GoneError{Reason: ReasonClosed} // it takes nothing more; what it sent is still here
		}
	case link.ErrTooLong:
		err = tooLong(len(message))
	}
	c.effects(now)
	return room, err
}

// receiveLink takes the next message from the link.
func (c *Conn) receiveLink(ctx context.Context) (Message, error) {
	for {
		m, ok, err := c.take()
		if ok || err != nil {
			return m, err
		}
		select {
		case <-c.arrived:
		case <-c.over:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

func (c *Conn) take() (m Message, ok bool, err error) {
	now := c.gate.carrier.now()
	c.gate.mu.Lock()
	defer c.gate.unlock()
	if c.closed {
		return m, false, ErrClosed
	}
	taken, ok := c.link.Take(now, link.Data)
	c.more = ok
	if !ok {
		return m, false, c.ended
	}
	post(c.arrived) // for another Receive that waits
	c.effects(now)
	return Message{Type: taken.Type, Data: taken.Data}, true, nil
}

// effects does what the link says. It is called after each call of the link.
func (c *Conn) effects(now link.Time) {
	e := c.link.Effects()
	if e.Arrived[link.Signalling] {
		c.takeSignals(now)
	}
	if e.Ended.How == link.GivenUp {
		c.givenUp(e.Ended.Why)
	}
	for _, o := range e.Outcomes {
		o.Token.(*Receipt).settle(outcomeOf(o, c.why))
	}
	for _, p := range e.Progress {
		p.Token.(*Receipt).progress(p.Received, p.Of)
	}
	for stream, room := range e.Room {
		if room && c.room[stream] != nil {
			close(c.room[stream])
			c.room[stream] = nil
		}
	}
	if e.Opened {
		c.status.set(func(s *status) { s.opening = false })
	}
	if e.Arrived[link.Data] {
		c.more = true
		post(c.arrived)
	}
	end := e.Ended
	e.Reset()
	if end.How != 0 {
		c.linkEnded(now, end)
	}
	if c.link.Over() {
		select {
		case <-c.settled:
		default:
			close(c.settled)
		}
	}
}

func (c *Conn) takeSignals(now link.Time) {
	for {
		m, ok := c.link.Take(now, link.Signalling)
		if !ok {
			return
		}
		if c.rtc.Handle(m.Type, m.Data) == ErrOverflow {
			c.abort(now, ErrOverflow, ReasonBroken)
			return
		}
	}
}

// linkEnded notes why the link has ended for the application, which hears of it when it
// has taken what came before.
func (c *Conn) linkEnded(now link.Time, end link.End) {
	c.giveUpAt = 0
	switch end.How {
	case link.ClosedHere:
		c.ended = ErrClosed
	case link.ClosedThere:
		c.ended = &GoneError{Reason: ReasonClosed}
		c.link.Close(now) // it was waiting to hear that all was taken
		defer c.effects(now)
	case link.Restarted:
		c.ended = ErrRestarted
	case link.FailedHere, link.FailedThere:
		c.ended = &LinkError{Why: end.Why, Here: end.How == link.FailedHere}
	default:
		c.ended = c.cause
	}
	err := c.ended
	c.gate.later = append(c.gate.later, func() { c.end(err) })
}

// abort ends the link because it cannot go on. why is for the outcomes.
func (c *Conn) abort(now link.Time, cause error, why string) {
	if c.cause == nil {
		c.cause, c.why = cause, why
	}
	switch why { // for the other side
	case ReasonClosedHere:
		why = ReasonClosed
	case ReasonClosed, ReasonBroken:
	default:
		why = ReasonTimeout
	}
	c.link.Abort(now, why)
	c.effects(now)
}

// givenUp notes why the other side has given the link up (L2).
func (c *Conn) givenUp(why string) {
	switch why {
	case ReasonClosed:
		c.cause, c.why = &GoneError{Reason: ReasonClosed}, ReasonClosed
	case ReasonBroken:
		c.cause, c.why = &LinkError{Why: why}, ReasonBroken
	default:
		c.cause, c.why = ErrGivenUp, ReasonTimeout
	}
}

// lose is abort for who does not hold gate.mu.
func (c *Conn) lose(cause error, why string) {
	c.gate.mu.Lock()
	defer c.gate.unlock()
	c.abort(c.gate.carrier.now(), cause, why)
}

// endSeen notes that LINK_END came. What it counts may be on its way still, or may never
// come.
func (c *Conn) endSeen(now link.Time) {
	if c.giveUpAt == 0 && c.ended == nil && !c.closed {
		c.giveUpAt = now + link.Time(stalledAfter)
	}
}

// tick gives up a link that the other side has closed and of which nothing more comes.
func (c *Conn) tick(now link.Time) {
	if c.giveUpAt == 0 || now < c.giveUpAt {
		return
	}
	if c.more {
		c.giveUpAt = now + link.Time(stalledAfter) // it is the application that is slow
		return
	}
	c.giveUpAt = 0
	c.abort(now, &GoneError{Reason: ReasonClosed}, ReasonClosed)
}

// closeLink tells the other side that this one takes nothing more.
func (c *Conn) closeLink() {
	now := c.gate.carrier.now()
	c.gate.mu.Lock()
	defer c.gate.unlock()
	c.closed, c.giveUpAt = true, 0
	c.link.Close(now)
	c.effects(now)
	post(c.arrived) // a Receive that waits gets ErrClosed
}

// awaitLink waits until all that was sent is settled, and the other side knows that this
// one has closed.
func (c *Conn) awaitLink(ctx context.Context) error {
	select {
	case <-c.settled:
		return nil
	default:
	}
	var err error
	select {
	case <-c.settled:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.gate.mu.Lock()
	known := c.link.Pending(link.Data) == 0
	c.gate.mu.Unlock()
	c.lose(ErrClosed, ReasonClosedHere)
	if known {
		return nil
	}
	return err
}

// leave lets a link that the other side has ended say its last word, before the session
// that it needs is closed.
func (c *Conn) leave() {
	late := time.NewTimer(byeWithin)
	defer late.Stop()
	select {
	case <-c.settled:
	case <-late.C:
	}
}

// heard takes an event that speaks of the other peer.
func (c *Conn) heard(e signaling.Event) {
	switch e.Kind {
	case signaling.Away:
		c.status.set(func(s *status) { s.away = true })
	case signaling.Back:
		c.status.set(func(s *status) { s.away, s.offline = false, false })
	case signaling.Gone:
		err := &GoneError{Reason: e.Reason}
		if c.gate == nil {
			c.end(err)
			return
		}
		c.lose(err, e.Reason)
	}
}
