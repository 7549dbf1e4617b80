package signaling

import (
	"context"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

const (
	// dialWithin bounds Dial when its context does not.
	dialWithin = 30 * time.Second

	// writeWithin is how long one message may take to leave this program.
	writeWithin = 10 * time.Second

	// noticeWithin is how long a failed Send waits for Receive to learn the close
	// code, which says more than a broken write does.
	noticeWithin = time.Second
)

// Session is a peer's connection to the relay. Send and Close may be called by
// many goroutines at once; Receive by one at a time.
type Session struct {
	hello  protocol.Hello // static
	socket *socket        // static; the platform's WebSocket

	sending chan struct{} // holds one token: the right to write
	frame   []byte        // owned by whoever has that right

	closing sync.Once
	ended   chan struct{} // closed when err is set
	mu      sync.Mutex
	err     error // guarded by mu: why the session ended; the first reason stays
}

// Dial opens a session. The path of url says who this peer is: /server gets an ID
// and waits for clients, /client/ID talks to the server with that ID. Dial returns
// when the relay has said HELLO.
//
// Errors: a *DialError if there was no WebSocket to be had, a *RelayError if the
// relay closed it, which matches ErrNoSuchServer where the ID names no server, a
// *ProtocolError if this is no relay. Without a deadline in ctx it gives up after
// 30 seconds.
func Dial(ctx context.Context, url string) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	socket, err := openSocket(ctx, url)
	if err != nil {
		return nil, err
	}
	hello, err := readHello(ctx, socket)
	if err != nil {
		socket.close(protocol.CodeMalformed, "")
		return nil, err
	}
	s := &Session{
		hello:   hello,
		socket:  socket,
		sending: make(chan struct{}, 1),
		ended:   make(chan struct{}),
	}
	s.sending <- struct{}{}
	return s, nil
}

// readHello reads the relay's first message (PROTOCOL.md: HELLO comes first on
// every connection).
func readHello(ctx context.Context, socket *socket) (protocol.Hello, error) {
	frame, err := socket.read(ctx)
	if err != nil {
		return protocol.Hello{}, err
	}
	d, err := protocol.ParseDelivery(frame)
	if err != nil {
		return protocol.Hello{}, &ProtocolError{Err: err}
	}
	if protocol.ID(d.From) != protocol.RelayID || string(d.Type) != protocol.TypeHello {
		return protocol.Hello{}, &ProtocolError{Err: errNoHello}
	}
	hello, err := protocol.ParseHello(d.Message)
	if err != nil {
		return protocol.Hello{}, &ProtocolError{Err: err}
	}
	return hello, nil
}

// Hello returns what the relay said first: this peer's own ID, and what the server
// left for its clients.
func (s *Session) Hello() protocol.Hello { return s.hello }

// Send sends one message to a peer. typ is an application's or an SDK's own type,
// message one JSON value; both are the caller's to check (protocol.CheckType,
// protocol.Valid), for a relay closes the session of a peer that sends others.
//
// A Send that has returned nil has handed the message to the operating system or
// the browser; whether the peer got it only the peer can say. It waits while
// others send and while the network takes nothing more, at most for as long as ctx
// allows; a message that is on its way out is not called back, but after 10 seconds
// without success ends the session. One that need not wait goes out even if ctx
// has ended. Errors: ErrTooLarge, ErrClosed, a *RelayError, that of ctx.
func (s *Session) Send(ctx context.Context, to protocol.ID, typ string, message []byte) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer func() { s.sending <- struct{}{} }()
	s.frame = protocol.AppendEnvelope(s.frame[:0], to, typ, message)
	if len(s.frame) > protocol.MaxMessage {
		return tooLarge(len(s.frame))
	}
	err := s.socket.write(ctx, s.frame)
	if err == nil || err == ctx.Err() {
		return err
	}
	late := time.NewTimer(noticeWithin)
	defer late.Stop()
	select {
	case <-s.ended:
	case <-late.C:
	}
	return s.end(err)
}

// lock takes the right to write.
func (s *Session) lock(ctx context.Context) error {
	select {
	case <-s.ended:
		return s.reason()
	default:
	}
	select {
	case <-s.sending:
		return nil
	default:
	}
	select {
	case <-s.sending:
		return nil
	case <-s.ended:
		return s.reason()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Receive waits for the next event. Events of one peer come in the order in which
// things happened. If ctx ends while Receive waits, the session ends too: a message
// cannot be left half read.
//
// Errors: a *RelayError when the relay closed the session or the connection broke,
// a *ProtocolError when the relay sent what it must not, ErrClosed after Close, that
// of ctx. Each of them ends the session, and every later call returns the same.
func (s *Session) Receive(ctx context.Context) (Event, error) {
	for {
		frame, err := s.socket.read(ctx)
		if err != nil {
			err = s.end(err)
			if err == ctx.Err() {
				s.Close()
			}
			return Event{}, err
		}
		e, known, err := parse(frame)
		if err != nil {
			err = s.end(&ProtocolError{Err: err})
			s.hangUp(protocol.CodeMalformed, "the relay broke the protocol")
			return Event{}, err
		}
		if known {
			return e, nil
		}
	}
}

// Close ends the session with close code 1000, which tells the other peers that
// this one has left. It waits for the relay's answer, a few seconds at most. Every
// call after the first does nothing.
func (s *Session) Close() error {
	s.end(ErrClosed)
	s.hangUp(1000, "")
	return nil
}

func (s *Session) hangUp(code protocol.Code, reason string) {
	s.closing.Do(func() { s.socket.close(code, reason) })
}

// end notes why the session ended, and returns the reason that counts.
func (s *Session) end(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		close(s.ended)
	}
	return s.err
}

func (s *Session) reason() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
