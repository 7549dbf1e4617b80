package signaling

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// connection is one WebSocket of a session, from HELLO on.
type connection struct {
	socket  *socket        // static, as are the next four
	hello   protocol.Hello // what the relay said first
	v1      bool           // the relay selected intercessor.v1
	attempt uint64         // the number that it presented (R5); 0 if it was new
	since   time.Time

	stranded atomic.Bool // it is from an address that this machine no longer has

	over chan struct{} // closed when err is set
	err  error         // how it ended; read after over

	mu      sync.Mutex // guards what follows
	idle    time.Time  // since when read has waited; zero while no read waits
	dropped error      // why this side gave the connection up, if it did
}

// connect opens a connection, and resumes with it if there is a token.
func (s *Session) connect(ctx context.Context) (*connection, error) {
	protocols, err := s.options.offers(ctx)
	if err != nil {
		return nil, err
	}
	credential, attempt, err := s.identity.credential(time.Now())
	if err != nil {
		return nil, err
	}
	if credential != "" {
		protocols = append(protocols, protocol.ResumePrefix+credential)
	}
	socket, err := openSocket(ctx, s.url, protocols, s.options)
	if err != nil {
		return nil, err
	}
	c := &connection{socket: socket, v1: socket.protocol() == protocol.SubprotocolV1, attempt: attempt, over: make(chan struct{})}
	if err := c.greet(ctx, s, protocols); err != nil {
		if credential != "" && mayResume(err) {
			socket.drop() // whose close frame does not say that this peer leaves (R9)
		} else {
			socket.close(context.Background(), closeCode(err), "")
		}
		return nil, err
	}
	c.since = time.Now()
	return c, nil
}

// greet takes the relay's HELLO, which comes first on every connection (B7), and keeps
// the token in it before anything else happens (R6). A relay selects the first of the
// protocols that were offered, or none.
func (c *connection) greet(ctx context.Context, s *Session, offered []string) error {
	if name := c.socket.protocol(); name != "" && (offered == nil || name != offered[0]) {
		return &ProtocolError{Err: errSubprotocol}
	}
	hello, err := readHello(ctx, c.socket)
	if err != nil {
		return err
	}
	c.hello = hello
	other := s.known != "" && hello.ID != s.known
	if s.identity.known() && (!hello.Resumed || other) {
		return errNotResumed // R8: never a new ID in silence
	}
	if !c.v1 {
		return nil
	}
	if hello.Resume == "" {
		return &ProtocolError{Err: errNoToken}
	}
	if err := s.identity.renew(c.attempt, hello.Resume); err != nil {
		return err
	}
	if s.goesOn(hello.ServerOrder) {
		return errOlderView
	}
	return nil
}

// maxAstray is how often in a row a client leaves a relay with an older view of its server (P3).
const maxAstray = 3

// goesOn reports whether this client leaves a relay that knows this order of its server.
func (s *Session) goesOn(order protocol.Order) bool {
	s.telling.Lock()
	older := s.presence != nil && s.presence.older(s.room, order)
	s.telling.Unlock()
	if !older {
		s.astray = 0
	} else {
		s.astray++
	}
	return older && s.astray <= maxAstray
}

// readHello reads the relay's first message.
func readHello(ctx context.Context, socket *socket) (protocol.Hello, error) {
	frame, err := socket.read(ctx)
	if err != nil {
		return protocol.Hello{}, err
	}
	d, err := protocol.ParseDelivery(bytes.Clone(frame)) // of which Hello keeps parts
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

// read waits for the next frame, which is valid until the read after.
func (c *connection) read() ([]byte, error) {
	c.listen(time.Now())
	frame, err := c.socket.read(context.Background())
	if why := c.listen(time.Time{}); err != nil && why != nil {
		err = why
	}
	return frame, err
}

// listen records since when read has waited for a frame, and returns why the connection
// was given up, if it was.
func (c *connection) listen(since time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = since
	return c.dropped
}

// silent reports for how long nothing has come that would have been seen. It goes by
// both clocks: one of them may have stood still while the machine slept.
func (c *connection) silent(now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle.IsZero() {
		return 0
	}
	return max(now.Sub(c.idle), now.Round(0).Sub(c.idle.Round(0)))
}

// drop gives the connection up without waiting for the relay (D1). What still comes
// on it is not looked at (R6).
func (c *connection) drop(why error) {
	c.mu.Lock()
	first := c.dropped == nil
	if first {
		c.dropped = why
	}
	c.mu.Unlock()
	if first {
		c.socket.drop()
	}
}
