package sdk

import (
	"bytes"
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/queue"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

const (
	// The messages that wait to be received on a Conn that is not reliable, in number and in
	// bytes.
	maxInbox      = 1 << 10
	maxInboxBytes = 1 << 20

	// messageCost is added to the bytes of each message.
	messageCost = 64
)

// plain is the part of a Conn that exchanges messages without a link, and the remote to
// which they go: a peer, or a relay, that speaks the base protocol only.
type plain struct {
	conn  *Conn     // static, as is the next
	since time.Time // when it was made
	inbox *queue.Queue[Message]
}

func newPlain(c *Conn, options rtc.Options) *plain {
	p := &plain{conn: c, since: time.Now(), inbox: queue.New[Message](maxInbox, maxInboxBytes)}
	options.Base = true
	options.Signal = func(ctx context.Context, typ string, message []byte) error {
		return p.send(ctx, typ, message, nil)
	}
	c.messages, c.rtc = p, newConnections(rtc.New(options), nil)
	c.rtc.end()
	return p
}

func (p *plain) reliable() bool { return false }

func (p *plain) send(ctx context.Context, typ string, message []byte, r *Receipt) error {
	if err := p.conn.Err(); err != nil {
		return err
	}
	err := ofSession(p.conn.session.Send(ctx, p.conn.peer, typ, message))
	if err == nil && r != nil {
		r.settle(Outcome{Result: Unknown, Reason: ReasonNoLink})
	}
	return err
}

func (p *plain) receive(ctx context.Context) (Message, error) { return p.inbox.Get(ctx) }

func (p *plain) openStream(context.Context, string) (*Stream, error) { return nil, noStreams }
func (p *plain) acceptStream(context.Context) (*Stream, error)       { return nil, noStreams }

func (p *plain) path() (now Path, turned <-chan struct{}) {
	return Path{Route: RouteRelay, Since: p.since}, nil
}

// heard takes what the session says of the peer. It does not wait.
func (p *plain) heard(e signaling.Event) {
	switch e.Kind {
	case signaling.Delivered:
		p.deliver(e)
	case signaling.Away:
		p.conn.status.set(func(s *status) { s.away = true })
	case signaling.Back:
		p.conn.status.set(func(s *status) { s.away, s.offline = false, false })
	case signaling.Gone:
		p.lost(&GoneError{Reason: Reason(e.Reason)})
	}
}

func (p *plain) online(up bool) { p.conn.status.set(func(s *status) { s.offline = !up }) }

// lost ends the messages. Those that came before can still be received.
func (p *plain) lost(err error) {
	first := p.conn.status.end(err) // before Receive returns the reason
	p.inbox.Close(err)
	p.conn.ended(first, err)
}

func (p *plain) deliver(e signaling.Event) {
	if p.conn.Err() != nil {
		return
	}
	var err error
	switch message := bytes.Clone(e.Message); {
	case e.Type == protocol.TypeBye:
		p.lost(&GoneError{Reason: ReasonClosed})
	case ownType(e.Type):
		err = p.conn.rtc.now().Handle(e.Type, message)
	default:
		err = p.inbox.Offer(Message{Type: e.Type, Data: message}, messageCost+len(message))
	}
	if err == queue.ErrFull || err == rtc.ErrOverflow {
		p.lost(ErrOverflow)
	}
}

func (p *plain) stop() {
	p.inbox.Close(ErrClosed)
	p.inbox.Drain()
}

// finish tells the other peer that this side has closed, if it can.
func (p *plain) finish(ctx context.Context) error {
	if err := p.conn.Err(); err != nil && err != ErrOverflow {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, byeWithin)
	defer cancel()
	_ = p.conn.session.Send(ctx, p.conn.peer, protocol.TypeBye, []byte("null"))
	return nil
}
