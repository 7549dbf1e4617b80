package sdk

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/queue"
	"github.com/sebas642/intercessor/sdk/rtc"
	"github.com/sebas642/intercessor/sdk/signaling"
)

const (
	// The messages of a Conn that is not reliable that were not received yet, in number
	// and in bytes.
	maxInbox      = 1 << 10
	maxInboxBytes = 1 << 20

	// messageCost is what a message counts besides its data.
	messageCost = 64

	// byeWithin bounds the attempt to say BYE.
	byeWithin = 2 * time.Second

	// closeWithin is how long Close waits for the outcomes of what was sent.
	closeWithin = 5 * time.Second
)

// Conn is a connection to one other peer. Messages go through the relay; channels
// go straight to the other peer. All methods may be called by many goroutines at
// once. Close a Conn when it is no longer needed, also after it has ended.
//
// Where both peers and the relay speak intercessor.v1 the Conn is reliable: it outlives
// the loss of either side's connection, and the relay's. Each message arrives once and
// in order, or its sender is told, and who does not receive holds the sender back.
// Otherwise a message may be lost without a word, and whoever does not receive loses the
// Conn: when more than 1,024 messages or 1 MiB wait, it ends with ErrOverflow. No other
// Conn notices.
type Conn struct {
	own, peer protocol.ID        // static, as are the next five
	session   *signaling.Session // a listener's Conns share one
	rtc       *rtc.Peer
	named     []ICEServer // by the application; nil: the relay's are used
	release   func()      // gives up what only this Conn needs
	gate      *gate       // nil if the Conn is not reliable

	inbox *queue.Queue[Message] // if the Conn is not reliable
	reliable

	status    status
	closing   sync.Once
	unsettled error         // what CloseContext returned
	over      chan struct{} // closed when no more messages are exchanged
}

// newConn makes a Conn whose direct path waits for rtc.Start. l is its link, if it has
// one, behind g.
func newConn(session *signaling.Session, peer protocol.ID, offer bool, options Options, g *gate, l *link.Link) *Conn {
	c := &Conn{
		own:     session.Hello().ID,
		peer:    peer,
		session: session,
		named:   options.ICEServers,
		gate:    g,
		inbox:   queue.New[Message](maxInbox, maxInboxBytes),
		over:    make(chan struct{}),
	}
	if g != nil {
		c.reliable = newReliable(l)
	}
	direct := rtc.Options{Offer: offer, ICEServers: c.named, Signal: c.signal}
	if c.named == nil {
		direct.RelayICEServers = c.RelayICEServers
	}
	options.forPlatform(c, &direct)
	c.rtc = rtc.New(direct)
	return c
}

// ID returns this peer's own ID.
func (c *Conn) ID() string { return string(c.own) }

// PeerID returns the other peer's ID. No other peer ever has the same.
func (c *Conn) PeerID() string { return string(c.peer) }

// Reliable reports whether each message arrives once and in order, or its sender is
// told: see Conn.
func (c *Conn) Reliable() bool { return c.gate != nil }

// ServerInfo returns what the server has set with Listener.SetInfo, one JSON value, as it
// was when this peer last connected to the relay; nil if there is none.
func (c *Conn) ServerInfo() []byte { return c.session.Hello().ServerInfo }

// Send sends a message through the relay. m.Data is the caller's again when Send
// returns. Messages arrive in the order of their Sends. It waits while the other side,
// or the network, takes nothing more, at most as long as ctx allows; a message that
// need not wait is sent even if ctx has ended.
//
// A Send that has returned no error has accepted the message, of up to 16 MiB if the
// Conn is reliable. The receipt then tells what becomes of it, sooner or later, however
// the Conn ends. If it is not reliable the message was handed to the network, makes a
// frame of at most 64 KiB, and its outcome is unknown.
//
// Errors, after none of which the message arrives, but for a *RelayError of a Conn that
// is not reliable: ErrInvalid, ErrTooLarge, how the Conn ended (see Receive), that of ctx.
func (c *Conn) Send(ctx context.Context, m Message) (*Receipt, error) {
	data, err := m.check()
	if err != nil {
		return nil, err
	}
	r := &Receipt{}
	if c.gate != nil {
		if len(data) > protocol.MaxPart {
			r.of = len(data)
		}
		return r, c.sendLink(ctx, m.Type, append([]byte(nil), data...), r)
	}
	if err := c.signal(ctx, m.Type, data); err != nil {
		return nil, err
	}
	r.settle(Outcome{Result: Unknown, Reason: ReasonNoLink})
	return r, nil
}

// signal sends a message, and does not care what becomes of it.
func (c *Conn) signal(ctx context.Context, typ string, message []byte) error {
	if c.gate != nil {
		return c.sendLink(ctx, typ, message, nil)
	}
	if err := c.Err(); err != nil {
		return err
	}
	return c.session.Send(ctx, c.peer, typ, message)
}

// Receive waits for the next message of the other peer, in the order in which they
// were sent. The sender may be told that the message was delivered from then on. After
// the Conn has ended it first returns what came before, and then the reason:
//
//   - ErrPeerGone: the other peer has left, or was away for too long
//   - ErrRestarted: the other peer's program, or page, was started anew
//   - ErrGivenUp: this peer was away for too long, and the other runs on
//   - a *LinkError: one of the two broke a rule
//   - a *RelayError or another that ended the session with the relay
//   - ErrOverflow, if the Conn is not reliable
//   - ErrClosed after Close
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	if c.gate != nil {
		return c.receiveLink(ctx)
	}
	return c.inbox.Get(ctx)
}

// Messages returns what Receive returns, one after the other, for a loop:
//
//	for m, err := range conn.Messages(ctx) {
//		if err != nil {
//			break // the last one: why there are no more
//		}
//	}
func (c *Conn) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := c.Receive(ctx)
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// deliver takes what the session received for this Conn, if it is not reliable. It does
// not wait.
func (c *Conn) deliver(e signaling.Event) {
	if c.Err() != nil {
		return
	}
	var err error
	switch {
	case e.Type == protocol.TypeBye:
		c.end(&GoneError{Reason: ReasonClosed})
	case ownType(e.Type):
		err = c.rtc.Handle(e.Type, e.Message)
	default:
		err = c.inbox.Offer(Message{Type: e.Type, Data: e.Message}, messageCost+len(e.Message))
	}
	if err == queue.ErrFull || err == rtc.ErrOverflow {
		c.end(ErrOverflow)
	}
}

// end notes why there will be no more messages. A direct path that is up goes on.
func (c *Conn) end(err error) {
	if c.status.end(err) {
		close(c.over)
	}
	c.inbox.Close(err)
	c.rtc.SignallingLost(err)
}

// Close ends the Conn: it says so to the other peer at once and receives nothing more,
// closes its channels as Channel.Close does, so that what was sent on them arrives,
// and ends the direct path. The Conn that Dial returned also leaves the relay. A reliable
// Conn waits at most 5 seconds to learn what became of the messages that were sent; what
// is then not known is unknown. Close takes some ten seconds if the other peer or the
// network does not answer, and waits for all that the Conn has started. Every call after
// the first does nothing.
func (c *Conn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = c.close(ctx, context.Background())
	return nil
}

// CloseContext is Close, but waits for its channels and for the outcomes of what was sent
// for as long as ctx allows. What a channel has not sent by then is lost. The error is that
// of ctx, if some outcomes were not known in time. After the end of ctx it still leaves the
// relay, which takes a few seconds if the relay does not answer.
func (c *Conn) CloseContext(ctx context.Context) error { return c.close(ctx, ctx) }

// close closes the Conn. It waits for outcomes as long as ctx allows, and for channels as
// long as draining does.
func (c *Conn) close(ctx, draining context.Context) error {
	c.closing.Do(func() {
		c.inbox.Close(ErrClosed)
		c.inbox.Drain()
		if c.gate != nil {
			c.closeLink()
		}
		c.rtc.Drain(draining)
		if c.gate != nil {
			c.unsettled = c.awaitLink(ctx)
		} else {
			c.sayBye()
		}
		c.end(ErrClosed)
		_ = c.rtc.CloseContext(draining)
		c.release()
	})
	return c.unsettled
}

// sayBye tells the other peer that this one has closed. It is a courtesy.
func (c *Conn) sayBye() {
	if err := c.Err(); err != nil && err != ErrOverflow {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), byeWithin)
	defer cancel()
	_ = c.session.Send(ctx, c.peer, protocol.TypeBye, []byte("null"))
}

// NetworkChanged is a hint that the network is there again, or is another one: see
// [signaling.Session.NetworkChanged]. A listener's Conns share it.
func (c *Conn) NetworkChanged() { c.session.NetworkChanged() }

// KickOptions, Bar and its values say how long a kick lasts, and what else it keeps out.
type (
	KickOptions = signaling.KickOptions
	Bar         = signaling.Bar
)

// What a kick can keep out in addition to the client's identity.
const (
	BySource  = signaling.BySource
	BySubject = signaling.BySubject
)

// Kick has the relay send the other peer, a client, away and keep it out: see
// [signaling.Session.Kick]; options may be nil. Only a listener's Conns can do that. The Conn
// ends when the relay has said so; it is still to be closed.
func (c *Conn) Kick(ctx context.Context, options *KickOptions) error {
	return c.session.Kick(ctx, c.peer, options)
}
