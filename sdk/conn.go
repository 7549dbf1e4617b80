package sdk

import (
	"context"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/queue"
	"github.com/sebas642/intercessor/sdk/rtc"
	"github.com/sebas642/intercessor/sdk/signaling"
)

const (
	// The messages of a Conn that were not received yet, in number and in bytes.
	maxInbox      = 1 << 10
	maxInboxBytes = 1 << 20

	// messageCost is what a message counts besides its data.
	messageCost = 64

	// byeWithin bounds the attempt to say BYE.
	byeWithin = 2 * time.Second
)

// Conn is a connection to one other peer. Messages go through the relay; channels
// go straight to the other peer. All methods may be called by many goroutines at
// once. Close a Conn when it is no longer needed, also after it has ended.
//
// Whoever does not receive loses the Conn: when more than 1,024 messages or 1 MiB
// wait, it ends with ErrOverflow. No other Conn notices.
type Conn struct {
	own, peer protocol.ID        // static
	session   *signaling.Session // static; a listener's Conns share one
	rtc       *rtc.Peer          // static
	release   func()             // static; gives up what only this Conn needs

	inbox   *queue.Queue[Message]
	closing sync.Once

	mu  sync.Mutex
	err error // guarded by mu: why no more messages are exchanged; the first reason stays
}

// newConn makes a Conn whose direct path waits for rtc.Start.
func newConn(session *signaling.Session, peer protocol.ID, offer bool, options Options) *Conn {
	c := &Conn{
		own:     session.Hello().ID,
		peer:    peer,
		session: session,
		inbox:   queue.New[Message](maxInbox, maxInboxBytes),
	}
	direct := rtc.Options{Offer: offer, ICEServers: options.ICEServers, Signal: c.signal}
	options.forPlatform(c, &direct)
	c.rtc = rtc.New(direct)
	return c
}

// ID returns this peer's own ID.
func (c *Conn) ID() string { return string(c.own) }

// PeerID returns the other peer's ID. No other peer ever has the same.
func (c *Conn) PeerID() string { return string(c.peer) }

// Send sends a message through the relay. m.Data is the caller's again when Send
// returns. Messages arrive in the order of their Sends.
//
// A Send that has returned nil has handed the message to the network. Whether the
// peer got it only the peer can say: the relay drops what is for a peer that has
// just left. Send waits while the network takes nothing more, at most as long as
// ctx allows, or ten seconds; one that need not wait goes out even if ctx has ended.
//
// Errors: ErrInvalid, ErrTooLarge, ErrPeerGone, ErrClosed, ErrOverflow, a
// *RelayError, that of ctx.
func (c *Conn) Send(ctx context.Context, m Message) error {
	data, err := m.check()
	if err != nil {
		return err
	}
	return c.signal(ctx, m.Type, data)
}

func (c *Conn) signal(ctx context.Context, typ string, message []byte) error {
	if err := c.reason(); err != nil {
		return err
	}
	return c.session.Send(ctx, c.peer, typ, message)
}

// Receive waits for the next message of the other peer, in the order in which they
// were sent. After the Conn has ended it first returns what came before, and then
// the reason: ErrPeerGone, a *RelayError or ErrOverflow; ErrClosed after Close.
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	return c.inbox.Get(ctx)
}

// deliver takes what the session received for this Conn. It does not wait.
func (c *Conn) deliver(e signaling.Event) {
	if c.reason() != nil {
		return
	}
	var err error
	switch e.Type {
	case protocol.TypeOffer, protocol.TypeAnswer, protocol.TypeCandidate, protocol.TypeNegotiate:
		err = c.rtc.Handle(e.Type, e.Message)
	case protocol.TypeBye:
		c.end(ErrPeerGone)
	default:
		err = c.inbox.Offer(Message{Type: e.Type, Data: e.Message}, messageCost+len(e.Message))
	}
	if err == queue.ErrFull || err == rtc.ErrOverflow {
		c.end(ErrOverflow)
	}
}

// end notes why there will be no more messages. A direct path that is up goes on.
func (c *Conn) end(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	c.mu.Unlock()
	c.inbox.Close(err)
	c.rtc.SignallingLost(err)
}

func (c *Conn) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the Conn: it closes its channels as Channel.Close does, so that what
// was sent on them arrives, tells the other peer, and ends the direct path. The Conn
// that Dial returned also leaves the relay. Close takes some ten seconds if the other
// peer or the network does not answer, and waits for all that the Conn has started.
// Every call after the first does nothing.
func (c *Conn) Close() error {
	c.closing.Do(func() {
		c.inbox.Close(ErrClosed)
		c.inbox.Drain()
		c.rtc.Drain()
		c.sayBye()
		c.end(ErrClosed)
		_ = c.rtc.Close()
		c.release()
	})
	return nil
}

// sayBye tells the other peer that this one has closed. It is a courtesy.
func (c *Conn) sayBye() {
	if err := c.reason(); err != nil && err != ErrOverflow {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), byeWithin)
	defer cancel()
	_ = c.session.Send(ctx, c.peer, protocol.TypeBye, []byte("null"))
}
