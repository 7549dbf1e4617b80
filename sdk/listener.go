package sdk

import (
	"context"
	"sync"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/queue"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// maxBacklog bounds the clients that have come and were not accepted.
const maxBacklog = 1 << 10

// Listener is a server peer. All methods may be called by many goroutines at once.
type Listener struct {
	session   *signaling.Session // static
	options   Options            // static
	clientURL string             // static

	backlog *queue.Queue[*Conn]
	closing sync.Once
	running sync.WaitGroup // serve, and Conns that it turns away

	mu      sync.Mutex            // guards what follows
	present map[protocol.ID]*Conn // by the IDs of clients that are connected
	conns   map[*Conn]struct{}    // all that were not closed yet
}

// Listen makes this program a server peer: it gets an ID from the relay at url,
// wss://HOST/server, by which clients reach it. options may be nil. Errors are as
// for Dial.
//
// The ID lives as long as the session. When that ends, Accept says why; a new Listen
// gets another ID.
func Listen(ctx context.Context, url string, options *Options) (*Listener, error) {
	if _, err := clientURL(url, ""); err != nil {
		return nil, err
	}
	o, err := options.check()
	if err != nil {
		return nil, err
	}
	session, err := signaling.Dial(ctx, url)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		session: session,
		options: o,
		backlog: queue.New[*Conn](maxBacklog, maxBacklog),
		present: make(map[protocol.ID]*Conn),
		conns:   make(map[*Conn]struct{}),
	}
	l.clientURL, _ = clientURL(url, session.Hello().ID)
	l.running.Go(l.serve)
	return l, nil
}

// ID returns the ID under which clients reach this server. Whoever knows it can
// dial: treat it like a password.
func (l *Listener) ID() string { return string(l.session.Hello().ID) }

// ClientURL returns the URL for clients to dial: ClientURL of a listener at
// wss://HOST/server is wss://HOST/client/ID. It assumes that clients reach the relay
// by the same name as this program.
func (l *Listener) ClientURL() string { return l.clientURL }

// Accept waits for the next client. What the client sends meanwhile waits in its
// Conn. At most 1,024 clients wait to be accepted; more are turned away. Errors: a
// *RelayError when the session has ended, ErrClosed, that of ctx.
func (l *Listener) Accept(ctx context.Context) (*Conn, error) {
	c, err := l.backlog.Get(ctx)
	if err != nil {
		return nil, err
	}
	c.rtc.Start()
	return c, nil
}

// serve receives for all Conns, and waits for none of them.
func (l *Listener) serve() {
	for {
		e, err := l.session.Receive(context.Background())
		if err != nil {
			l.lose(err)
			return
		}
		switch e.Kind {
		case signaling.Joined:
			l.join(e.Peer)
		case signaling.Delivered:
			if c := l.find(e.Peer); c != nil {
				c.deliver(e)
			}
		case signaling.Gone:
			if c := l.find(e.Peer); c != nil {
				c.end(ErrPeerGone)
				l.leave(c)
			}
		}
	}
}

func (l *Listener) join(peer protocol.ID) {
	c := newConn(l.session, peer, false, l.options)
	c.release = func() { l.forget(c) }
	l.mu.Lock()
	l.present[peer] = c
	l.conns[c] = struct{}{}
	l.mu.Unlock()
	if l.backlog.Offer(c, 1) != nil {
		l.running.Go(func() { _ = c.Close() })
	}
}

// find returns the Conn of a client that is connected, and nil if this side has
// closed it.
func (l *Listener) find(peer protocol.ID) *Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.present[peer]
}

// leave notes that a client is no longer connected. Its Conn may have a direct path
// still, and is not closed until the application says so.
func (l *Listener) leave(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.present, c.peer)
}

func (l *Listener) forget(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.present, c.peer)
	delete(l.conns, c)
}

// lose ends the messages of all Conns when the session has ended.
func (l *Listener) lose(err error) {
	l.backlog.Close(err)
	l.mu.Lock()
	conns := make([]*Conn, 0, len(l.present))
	for _, c := range l.present {
		conns = append(conns, c)
	}
	clear(l.present)
	l.mu.Unlock()
	for _, c := range conns {
		c.end(err)
	}
}

// Close closes every Conn of the listener, as Conn.Close does, and then leaves the
// relay. Every call after the first does nothing.
func (l *Listener) Close() error {
	l.closing.Do(func() {
		l.backlog.Close(ErrClosed)
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
		_ = l.session.Close()
		l.running.Wait()
	})
	return nil
}
