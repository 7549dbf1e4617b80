package sdk

import (
	"context"
	"sync"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/once"
	"github.com/sebas642/intercessor/sdk/internal/queue"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// maxBacklog bounds the clients that wait to be accepted.
const maxBacklog = 1 << 10

// maxPast bounds the links of former clients that a listener remembers. A client whose link
// is forgotten learns ErrRestarted instead of ErrGivenUp.
const maxPast = 1 << 12

// maxDirect bounds the direct paths of a listener. pion needs 300 KiB for each.
const maxDirect = 256

// Listener is a server peer. It has at most 256 direct paths: a further client hears that
// there is none for it, and its messages go on through the relay. All methods may be called by many goroutines at once.
type Listener struct {
	session   *signaling.Session // static, as are the next five
	identity  identity
	mux       *mux
	pool      *rtc.Pool
	options   Options
	clientURL string

	backlog *queue.Queue[*Conn]
	status  status
	turns   turns
	closing once.Once
	running sync.WaitGroup // the session, and the closing of refused Conns

	mu      sync.Mutex                // guards what follows
	clients map[protocol.ID]remote    // that are present or away
	past    map[protocol.ID]link.Past // the last links of clients that were away for too long (L2)
	conns   map[*Conn]struct{}        // all that were not closed yet
}

// Listen makes this program a server peer. The relay at url, wss://HOST/server, assigns it an
// ID, by which clients reach it. options may be nil. Errors are as for Dial; with
// Options.IdentityFile also ErrTokenRefused, if the relay does not give this server its ID
// back.
//
// With a relay that speaks intercessor.v1 the ID and the listener survive the loss of the
// connection. With Options.IdentityFile the ID also survives the end of the program. With
// another relay the ID ends with the connection. When the session ends for good, Accept
// returns the reason, and a new Listen gets another ID.
func Listen(ctx context.Context, url string, options *Options) (*Listener, error) {
	if _, err := clientURL(url, ""); err != nil {
		return nil, err
	}
	o, err := options.check(ctx)
	if err != nil {
		return nil, err
	}
	session, identity, err := o.dial(ctx, url)
	if err != nil {
		return nil, ofSession(err)
	}
	l := &Listener{
		session:  session,
		mux:      newMux(session),
		pool:     rtc.NewPool(maxDirect),
		identity: identity,
		options:  o,
		backlog:  queue.New[*Conn](maxBacklog, maxBacklog),
		clients:  make(map[protocol.ID]remote),
		past:     make(map[protocol.ID]link.Past),
		conns:    make(map[*Conn]struct{}),
	}
	l.clientURL, _ = clientURL(url, session.Hello().ID)
	l.running.Go(func() { l.lose(ofSession(session.Serve(l.handle, signaling.Spare{Stands: l.stands}))) })
	return l, nil
}

// ID returns the ID under which clients reach this server. Anyone who knows it can
// dial: treat it like a password.
func (l *Listener) ID() string { return string(l.session.Hello().ID) }

// ClientURL returns the URL for clients to dial: ClientURL of a listener at
// wss://HOST/server is wss://HOST/client/ID. It assumes that clients reach the relay
// by the same name as this program.
func (l *Listener) ClientURL() string { return l.clientURL }

// Accept waits for the next client. Messages that the client sends before wait in its Conn.
// At most 1,024 clients wait to be accepted; more are refused. When a client's program
// restarts, its old Conn ends and Accept returns a new one with the same PeerID. Errors: a
// *RelayError when the session has ended, ErrClosed, ctx.Err().
func (l *Listener) Accept(ctx context.Context) (*Conn, error) {
	c, err := l.backlog.Get(ctx)
	if err != nil {
		return nil, err
	}
	if l.options.Paths != PathsRelay {
		c.rtc.start()
	}
	return c, nil
}

// SetOpen sets whether new clients may connect. A refused client gets ErrNoSuchServer.
// Clients that resume are always admitted. The listener repeats the setting after each resume,
// because a relay may forget it. The error is ErrUnsupported if the relay does not speak
// intercessor.v1, how the session ended, or ctx.Err().
func (l *Listener) SetOpen(ctx context.Context, open bool) error {
	return ofSession(l.session.SetOpen(ctx, open))
}

// SetInfo sets the Conn.ServerInfo of clients that connect from now on: one JSON value of at
// most 4,096 bytes, or nil. Errors are as for SetOpen, and ErrInvalid.
func (l *Listener) SetInfo(ctx context.Context, info []byte) error {
	if info != nil {
		if err := protocol.Valid(info); err != nil {
			return invalid("the information is not one JSON value: " + err.Error())
		}
		if len(info) > protocol.MaxServerInfo {
			return invalid("the information is longer than 4,096 bytes")
		}
	}
	return ofSession(l.session.SetInfo(ctx, info))
}

// NetworkChanged is an optional hint: see Conn.NetworkChanged.
func (l *Listener) NetworkChanged() { l.session.NetworkChanged() }

// lose ends the messages of all Conns when the session has ended.
func (l *Listener) lose(err error) {
	l.status.end(err)
	l.backlog.Close(err)
	l.turns.wake()
	for _, client := range l.everyone() {
		client.lost(err)
	}
}

// forget removes a Conn that was closed.
func (l *Listener) forget(c *Conn) {
	if it, ok := c.messages.(*linked); ok {
		l.turns.remove(it)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	if any(l.clients[c.peer]) == any(c.messages) { // a client without a link is its Conn
		delete(l.clients, c.peer)
	}
}

// Close closes every Conn of the listener, as Conn.Close does, and then leaves the relay.
// Later calls do nothing.
func (l *Listener) Close() error {
	l.closing.Do(func() {
		l.status.end(ErrClosed)
		l.backlog.Close(ErrClosed)
		l.turns.wake()
		l.mu.Lock()
		conns := make([]*Conn, 0, len(l.conns))
		for c := range l.conns {
			conns = append(conns, c)
		}
		l.mu.Unlock()
		var all sync.WaitGroup
		for _, c := range conns {
			all.Go(func() { _ = c.Close() })
		}
		all.Wait()
		l.session.Close(context.Background())
		l.running.Wait()
		l.pool.Close()
		l.mux.close()
		l.identity.close()
	})
	return nil
}
