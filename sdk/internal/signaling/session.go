package signaling

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/once"
)

const (
	// dialWithin bounds Dial when its context does not.
	dialWithin = 30 * time.Second

	// resumeWithin bounds one attempt to resume.
	resumeWithin = 15 * time.Second

	// writeWithin is how long one message may take to leave this program.
	writeWithin = 10 * time.Second

	// closeWithin bounds the closing handshake. A browser whose network is gone says a minute
	// later that the socket is closed, and coder/websocket v1.8.15 has no bound of its own while it
	// reads the rest of a frame.
	closeWithin = 5 * time.Second

	// noticeWithin is how long a failed Send waits to learn the close code, which
	// says more than a broken write does.
	noticeWithin = time.Second
)

// Session is a peer's stay at the relay, over as many connections as it takes. All
// methods may be called by many goroutines at once.
type Session struct {
	url     string // static, as are the next five
	options Options
	v1      bool        // the relay speaks intercessor.v1, so that the session resumes
	server  bool        // this peer is a server
	room    protocol.ID // of a client's server, as messages spell it (B52)
	first   *connection

	identity *identity
	known    protocol.ID // the own ID, once it is known; likewise
	backoff  backoff     // owned by run, as is the next
	spare    Spare       // what Serve was given

	sending chan struct{} // holds one token: the right to write
	frame   []byte        // owned by the holder of that right

	ctx     context.Context // ends with the session
	cancel  context.CancelFunc
	closing once.Once
	ended   chan struct{} // closed when err is set
	hint    chan struct{} // holds a token if the network has changed

	astray int // relays with an older view, in a row (P3): owned by the goroutine that connects

	timer  *time.Timer // runs onTime; of v1 sessions
	sooner atomic.Bool // something is due before the timer fires
	timing sync.Mutex  // held by onTime

	asking sync.Mutex // held while a wish is sent, so that none passes a later one

	telling  sync.Mutex  // guards what follows, and the order of the events
	handler  func(Event) // what Serve was given; nil before and after it
	presence *presence   // nil in a base session

	mu        sync.Mutex // guards what follows
	hello     protocol.Hello
	iceSince  time.Time     // when hello.ICE came
	current   *connection   // nil while there is none
	changed   chan struct{} // closed when current changes
	err       error         // why the session ended; the first reason stays
	wishes    wishes
	moving    *move              // nil while no move is under way
	restartAt time.Time          // when the relay wants this peer to resume (D8); or zero
	tryUntil  time.Time          // until when it asks to go on trying
	hinted    time.Time          // when NetworkChanged was called last
	hurry     context.CancelFunc // ends the attempt that is under way
}

// Open opens a session, which begins to read with Serve. The path of url says who this peer
// is: /server gets an ID and waits for clients, /client/ID talks to the server with that
// ID. Open returns when the relay has said HELLO. options may be nil.
//
// With a relay that speaks intercessor.v1 the session outlives its connections: it
// resumes by itself, under the same ID, until it is closed or the relay says that
// this is final. With another it ends with its connection.
//
// Errors: a *DialError if there was no WebSocket to be had, a *RelayError if the
// relay closed it, which matches ErrNoSuchServer, ErrAccessRefused and others, a
// *ProtocolError if this is no relay, an *IdentityError if the Store failed, a *SecretError
// if Options.Secret did. Where
// the relay says that it may be tried again, Open does. Without a deadline in ctx it
// gives up after 30 seconds.
func Open(ctx context.Context, url string, options *Options) (*Session, error) {
	s := &Session{
		url:     url,
		server:  isServer(url),
		sending: make(chan struct{}, 1),
		ended:   make(chan struct{}),
		hint:    make(chan struct{}, 1),
		changed: make(chan struct{}),
	}
	if options != nil {
		s.options = *options
	}
	if s.options.Base {
		s.options.Store = nil // a base peer has nothing to keep
	}
	var err error
	if s.identity, err = loadIdentity(s.options.Store); err != nil {
		return nil, err
	}
	c, err := s.greeted(ctx)
	if err != nil {
		return nil, err
	}
	s.sending <- struct{}{}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.timer = time.AfterFunc(silenceWithin, s.onTime)
	s.timer.Stop()
	s.known, s.v1 = c.hello.ID, c.v1
	s.room = cmp.Or(c.hello.Room, serverOf(url))
	if s.v1 {
		s.presence = newPresence(s.server, window(c.hello))
		if !s.server {
			s.presence.meet(s.room, c.hello.Server, c.hello.ServerOrder)
		}
	}
	s.first = c
	s.attach(c)
	return s, nil
}

// Serve reads the session's connections, one after the other, and calls handle for each
// event. It returns why the session has ended: a *RelayError when the relay has ended it,
// for good or because it cannot be resumed, a *ProtocolError when the relay sent what it
// must not, ErrClosed after Close. It must be called once.
//
// The calls of handle follow each other, and those of one peer come in the order in which
// things happened. An Event's bytes are valid until handle returns. While handle waits
// nothing is read, and a relay whose messages are not taken ends the connection. handle
// must not call Close.
func (s *Session) Serve(handle func(Event), spare Spare) error {
	s.spare = spare
	s.telling.Lock()
	s.handler = handle
	s.telling.Unlock()
	if s.v1 {
		stop := watch(s)
		defer stop()
		s.rearm()
	}
	s.run(s.first)
	s.timing.Lock() // which waits for onTime
	s.timer.Stop()
	s.timing.Unlock()
	return s.reason()
}

// greeted makes the first connection. It tries again only after a close code that says
// so: whatever else is wrong, its caller should hear of at once.
func (s *Session) greeted(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	var before error
	for {
		c, err := s.connect(ctx)
		if err != nil && before != nil && ctx.Err() != nil {
			return nil, before // the relay has said why it took so long
		}
		if closed, ok := err.(*RelayError); !ok || closed.Code < 4000 || isFinal(err, before) {
			return c, err
		}
		before = err
		if !sleep(ctx, max(s.backoff.next(err), toldWait(err.(*RelayError).Reason)), nil) {
			return nil, err
		}
	}
}

// Hello returns what the relay said first on the last connection: this peer's own ID,
// and what the server left for its clients; with the ICE servers that it named last.
func (s *Session) Hello() protocol.Hello {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hello
}

// Instance returns which start of a relay the last connection is to (W10).
func (s *Session) Instance() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hello.Instance
}

// CountsOutcomes reports whether the relay takes RELAY_OUTCOME (D12).
func (s *Session) CountsOutcomes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(string(s.hello.Features), protocol.FeatureOutcomes)
}

// Own reports whether the connection of an attempt (R5) was one of this session's.
func (s *Session) Own(attempt uint64) bool { return s.identity.own(attempt) }

// Room returns the ID of the server whose client this peer is, to which it sends; for a
// server it means nothing. The URL may have spelt it in another way (B52).
func (s *Session) Room() protocol.ID { return s.room }

// ICEExpires returns until when the ICE servers of Hello may be used, the zero Time if
// they do not expire. While the session is online the relay names others in time.
func (s *Session) ICEExpires() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hello.ICE.ExpiresIn == 0 {
		return time.Time{}
	}
	return s.iceSince.Add(time.Duration(s.hello.ICE.ExpiresIn) * time.Second)
}

// Durable reports whether the relay speaks intercessor.v1, so that the session
// resumes by itself.
func (s *Session) Durable() bool { return s.v1 }

// State returns how the session stands.
func (s *Session) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return Closed
	case s.current == nil:
		return Reconnecting
	}
	return Online
}

// Close ends the session with close code 1000, which tells the other peers that
// this one has left. It waits for the relay's answer, a few seconds at most and no longer than
// ctx allows. Serve returns then. Every call after the first waits for that to return.
func (s *Session) Close(ctx context.Context) {
	s.closing.Do(func() {
		s.end(ErrClosed)
		s.mu.Lock()
		c := s.current
		s.mu.Unlock()
		if c != nil {
			c.socket.close(ctx, 1000, "")
		}
	})
}

// end notes why the session ended, and returns the reason that counts.
func (s *Session) end(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.err = err
	close(s.ended)
	s.cancel()
	s.wishes.end(err)
	return err
}

func (s *Session) reason() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func window(hello protocol.Hello) time.Duration {
	if hello.Window == 0 {
		return protocol.Window * time.Second
	}
	return time.Duration(hello.Window) * time.Second
}

// isServer and serverOf read the role of a peer, and the server of a client, out of
// the path of its URL (B1). HELLO says which where the URL spells it in another way (B52).
func isServer(url string) bool {
	path, _, _ := strings.Cut(url, "?")
	return strings.HasSuffix(path, "/server")
}

func serverOf(url string) protocol.ID {
	path, _, _ := strings.Cut(url, "?")
	return protocol.ID(path[strings.LastIndexByte(path, '/')+1:])
}

// sleep waits for d, or until wake, and reports whether ctx allowed it.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	rest, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-rest.Done():
	case <-wake:
	}
	return ctx.Err() == nil
}

func post(token chan struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}
