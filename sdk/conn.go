package sdk

import (
	"context"
	"iter"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/once"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// closeWithin is how long Close waits for the outcomes of what was sent.
const closeWithin = 5 * time.Second

// Conn is a connection to one other peer. Messages and streams go through the relay, or directly
// while there is a direct path (see Paths); channels go straight to the other peer. All methods
// may be called by many goroutines at once. Close a Conn when it is no longer needed, also after
// it has ended.
//
// If both peers and the relay speak intercessor.v1 the Conn is reliable: it survives the
// loss of either side's connection and of the relay. Each message arrives once and in order,
// or its sender is told. A peer that does not receive blocks the sender.
//
// A Conn that is not reliable may lose a message without notice. It ends with ErrOverflow
// when more than 1,024 messages or 1 MiB wait to be received. Other Conns are not affected.
type Conn struct {
	own, peer     protocol.ID        // static, as are the next eight
	session       *signaling.Session // a listener's Conns share one
	rtc           *connections
	messages      messages
	named         []ICEServer // by the application
	onlyNamed     bool        // the relay's servers are not used
	hidesOutcomes bool
	onEnd         func() // called once, when no more messages are exchanged
	release       func() // releases what only this Conn needs

	hurry context.Context // ends when closing waits for nothing more
	abort context.CancelCauseFunc

	ice       iceServers // that the relay has named
	status    status
	closing   once.Once
	unsettled error // what CloseContext returned
}

// messages is how a Conn exchanges messages: linked or plain.
type messages interface {
	// reliable reports whether each message arrives once and in order, or its sender is told.
	reliable() bool

	// send sends a message, which the caller may reuse when it returns. r gets the outcome
	// if it is not nil.
	send(ctx context.Context, typ string, message []byte, r *Receipt) error

	// receive waits for the next message.
	receive(ctx context.Context) (Message, error)

	// openStream and acceptStream are those of the Conn.
	openStream(ctx context.Context, name string) (*Stream, error)
	acceptStream(ctx context.Context) (*Stream, error)

	// path returns how messages travel, without what the direct path knows itself, and a
	// channel that is closed when the way is another one.
	path() (now Path, turned <-chan struct{})

	// stop ends the receiving, and finish the sending: the other side has been told then, as
	// far as ctx allows.
	stop()
	finish(ctx context.Context) error
}

// newReliable makes a Conn over a link. Its direct path waits for rtc.Start.
func newReliable(session *signaling.Session, p *peer, l *link.Link, offer bool, options Options, pool *rtc.Pool) *linked {
	it := newLinked(p, l)
	it.offers = offer
	it.conn, it.options = newConn(session, p.id, offer, options, pool)
	it.conn.messages = it
	it.direct = newDirect(it, 1)
	it.conn.rtc = newConnections(it.direct.rtc, it.want)
	if offer {
		it.connectAt = p.mux.now() + connectAfter
	}
	return it
}

// newConn makes a Conn, which lacks its messages still, and the options of its connections,
// which lack Signal.
func newConn(session *signaling.Session, peer protocol.ID, offer bool, options Options, pool *rtc.Pool) (*Conn, rtc.Options) {
	c := &Conn{
		own:     session.Hello().ID,
		peer:    peer,
		session: session,
		onEnd:   func() {},

		named: options.ICEServers, onlyNamed: options.OnlyOwnICEServers, hidesOutcomes: options.HideOutcomes,
	}
	c.hurry, c.abort = context.WithCancelCause(context.Background())
	direct := rtc.Options{Offer: offer, ICEServers: forPath(c.named), Pool: pool}
	if !c.onlyNamed {
		direct.RelayICEServers = c.relayICEServers
	}
	options.forPlatform(c, &direct)
	return c, direct
}

// ID returns this peer's own ID.
func (c *Conn) ID() string { return string(c.own) }

// PeerID returns the other peer's ID. No other peer ever has the same.
func (c *Conn) PeerID() string { return string(c.peer) }

// Reliable reports whether each message arrives once and in order, or its sender is
// told: see Conn.
func (c *Conn) Reliable() bool { return c.messages.reliable() }

// ServerInfo returns what the server has set with Listener.SetInfo, one JSON value, as it
// was when this peer last connected to the relay; nil if there is none.
func (c *Conn) ServerInfo() []byte { return c.session.Hello().ServerInfo }

// Send sends a message. m.Data is the caller's again when Send
// returns. Messages arrive in the order of their Sends. Send waits while the other side or
// the network accepts no more, at most until ctx ends. A message that need not wait is sent
// even if ctx has ended.
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
	if err := c.messages.send(ctx, m.Type, data, r); err != nil {
		return nil, err
	}
	return r, nil
}

// Receive returns the next message of the other peer, in the order sent. From then on the
// sender may learn that the message was delivered. After the Conn has ended Receive first
// returns the messages that came before, and then the reason:
//
//   - ErrPeerGone: the other peer has left, or was away for too long
//   - ErrRestarted: the other peer's program was restarted or its page reloaded
//   - ErrGivenUp: this peer was away for too long, and the other runs on
//   - a *LinkError: one of the two broke a rule
//   - a *RelayError or another that ended the session with the relay
//   - ErrOverflow, if the Conn is not reliable
//   - ErrClosed after Close
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	return c.messages.receive(ctx)
}

// Messages calls Receive in a loop:
//
//	for m, err := range conn.Messages(ctx) {
//		if err != nil {
//			break // the reason why there are no more messages
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

// end notes why there will be no more messages. A direct path that is up goes on.
func (c *Conn) end(err error) { c.ended(c.status.end(err), err) }

// ended is end after the state has changed. first says that it was not closed before.
func (c *Conn) ended(first bool, err error) {
	if first {
		c.onEnd()
	}
	c.rtc.end()
	c.rtc.now().SignallingLost(err)
}

// Close ends the Conn. It tells the other peer at once and receives nothing more. It closes
// the channels as Channel.Close does, so that messages on them arrive, and ends the direct
// path. It gives up the streams that are open. The Conn that Dial returned also leaves the
// relay. A reliable Conn waits at most 5 seconds for the outcomes of its messages, and for the
// delivery of what was written on closed streams; later outcomes are Unknown. Close takes about
// ten seconds if the other peer or the network does not answer, and waits for the Conn's
// goroutines. Later calls wait for the first.
func (c *Conn) Close() error {
	ctx, cancel := context.WithTimeout(c.hurry, closeWithin)
	defer cancel()
	_ = c.close(ctx)
	return nil
}

// CloseContext is Close, but waits for outcomes, channels and the relay until ctx ends.
// Messages that are not sent by then are lost. The error is ctx.Err() if some outcomes were
// not known in time, or ErrClosed if Abort was called.
func (c *Conn) CloseContext(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { c.abort(ctx.Err()) })
	defer stop()
	return c.close(c.hurry)
}

// Abort ends the Conn at once. Messages that were sent and have not arrived are lost. A
// waiting Close or CloseContext returns. A later one waits only for the Conn's goroutines,
// which end at once.
func (c *Conn) Abort() {
	c.abort(ErrClosed)
	c.messages.stop()
	go func() { _ = c.close(c.hurry) }()
}

// close closes the Conn. It waits for outcomes until ctx ends, and for everything else until
// hurry ends.
func (c *Conn) close(ctx context.Context) error {
	c.closing.Do(func() {
		c.messages.stop()
		c.rtc.end()
		c.rtc.now().Drain(c.hurry)
		c.unsettled = c.messages.finish(ctx)
		c.end(ErrClosed)
		_ = c.rtc.now().CloseContext(c.hurry)
		c.rtc.ending.Wait()
		if it, ok := c.messages.(*linked); ok {
			it.direct.wait()
		}
		c.release()
		c.abort(nil) // releases hurry
	})
	return c.unsettled
}

// NetworkChanged is an optional hint that the network is available again or has changed. A
// session that is reconnecting retries at once, unless the relay has told it how long to
// wait. A connection that is up is dropped and resumed, because it would not survive the
// change, and a direct path is asked whether it still works. In a page the browser gives the hint
// itself, and a native program notices it when the address is gone from which it talks to the
// relay. A listener's Conns share it.
func (c *Conn) NetworkChanged() {
	if it, ok := c.messages.(*linked); ok {
		it.do(func(link.Time) { it.direct.health.Check() })
	}
	c.session.NetworkChanged()
}
