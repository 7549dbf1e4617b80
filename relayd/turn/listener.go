package turn

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"slices"
	"sync/atomic"
	"time"
)

// A Share is how TURN over TCP shares a port with HTTP.
type Share struct {
	// Within bounds the handshake of TLS. [http.Server.ReadHeaderTimeout] bounds the wait for
	// the first bytes.
	Within time.Duration

	// Divert counts a connection that becomes TURN's until leave is called. If it returns
	// false, the connection ends. Nil admits all.
	Divert func(conn net.Conn) (leave func(), ok bool)

	// Faults is told of failed handshakes, as [http.Server.ErrorLog] is. Nil: they are not reported.
	Faults *log.Logger
}

// Listener returns a listener for an [http.Server] whose port TURN shares. When the server
// first reads from a connection, its first bytes are examined: one that begins with a TURN
// message goes to s, and the server sees its end. All others stay with the server. They may be
// connections of [tls.NewListener], whose handshake happens before that read. HTTP/2 does not
// work on them: their configuration must not offer it.
func (s *Server) Listener(below net.Listener, share Share) net.Listener {
	return &sharedListener{below, s, share}
}

type sharedListener struct {
	net.Listener
	server *Server
	share  Share
}

func (l *sharedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if secure, ok := conn.(*tls.Conn); ok {
		return &secureConn{sharedConn: sharedConn{Conn: conn, listener: l}, tls: secure}, nil
	}
	return &sharedConn{Conn: conn, listener: l}, nil
}

// A sharedConn is a connection of a sharedListener.
type sharedConn struct {
	net.Conn
	listener *sharedListener // nil after the first read; owned by the reading goroutine
	taken    atomic.Bool
}

// NetConn returns the connection below, for its addresses.
func (c *sharedConn) NetConn() net.Conn { return c.Conn }

// Unwrap returns the connection below, for code that has hijacked this one.
func (c *sharedConn) Unwrap() net.Conn { return c.Conn }

// Taken reports whether another server has the connection, although the HTTP server takes it
// for closed.
func (c *sharedConn) Taken() bool {
	below, ok := c.Conn.(interface{ Taken() bool })
	return c.taken.Load() || ok && below.Taken()
}

// leastBytes are needed to tell TURN from HTTP.
const leastBytes = 8

func (c *sharedConn) Read(b []byte) (int, error) {
	if c.taken.Load() {
		return 0, io.EOF
	}
	n, err := c.Conn.Read(b)
	l := c.listener
	if l == nil || n == 0 {
		return n, err
	}
	c.listener = nil
	for err == nil && b[0] <= 3 && n < leastBytes && n < len(b) {
		var more int
		more, err = c.Conn.Read(b[n:])
		n += more
	}
	if n < leastBytes || !IsTURN(b[:leastBytes]) {
		return n, err
	}
	c.take(l, b[:n])
	return 0, io.EOF
}

// take gives the connection to TURN, or leaves it to the HTTP server, which closes it.
func (c *sharedConn) take(l *sharedListener, first []byte) {
	leave := func() {}
	if l.share.Divert != nil {
		var ok bool
		if leave, ok = l.share.Divert(c); !ok {
			return
		}
	}
	c.taken.Store(true)
	_ = c.Conn.SetDeadline(time.Time{})
	l.server.ServeConn(&begunConn{Conn: c.Conn, first: bytes.Clone(first), leave: leave})
}

// Once the connection is taken, the server's calls have no effect on it.

func (c *sharedConn) Close() error {
	if c.taken.Load() {
		return nil
	}
	return c.Conn.Close()
}

func (c *sharedConn) SetDeadline(t time.Time) error {
	if c.taken.Load() {
		return nil
	}
	return c.Conn.SetDeadline(t)
}

func (c *sharedConn) SetReadDeadline(t time.Time) error {
	if c.taken.Load() {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

func (c *sharedConn) SetWriteDeadline(t time.Time) error {
	if c.taken.Load() {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

// CloseWrite lets the HTTP server end an answer before the request has ended.
func (c *sharedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// A secureConn is a sharedConn with TLS.
type secureConn struct {
	sharedConn
	tls *tls.Conn
}

// ConnectionState completes the handshake, if it has not been. net/http calls it before it
// reads, for [http.Request.TLS]: for another type than *tls.Conn it makes no handshake itself.
func (c *secureConn) ConnectionState() tls.ConnectionState {
	if l := c.listener; l != nil && !c.tls.ConnectionState().HandshakeComplete {
		_ = c.tls.SetDeadline(time.Now().Add(l.share.Within))
		if err := c.tls.Handshake(); err != nil {
			l.refuse(c.tls, err)
		}
		_ = c.tls.SetDeadline(time.Time{})
	}
	return c.tls.ConnectionState()
}

// refuse ends a connection whose handshake has failed. It answers plain HTTP, as net/http does.
func (l *sharedListener) refuse(conn *tls.Conn, err error) {
	var plain tls.RecordHeaderError
	if errors.As(err, &plain) && plain.Conn != nil && slices.Contains([]string{"GET /", "HEAD ", "POST ", "PUT /", "OPTIO"}, string(plain.RecordHeader[:])) {
		_, _ = io.WriteString(plain.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
		err = errors.New("client sent an HTTP request to an HTTPS server")
	}
	if l.share.Faults != nil {
		l.share.Faults.Printf("http: TLS handshake error from %s: %v", conn.RemoteAddr(), err)
	}
	_ = conn.Close() // the server's first read returns an error
}

// A begunConn is a connection of which the first bytes have been read.
type begunConn struct {
	net.Conn
	first []byte // owned by the reading goroutine
	leave func()
}

func (c *begunConn) Read(b []byte) (int, error) {
	if len(c.first) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.first)
	if c.first = c.first[n:]; len(c.first) == 0 {
		c.first = nil
	}
	return n, nil
}

// Close does not block: it says no goodbye of TLS, for which a client that reads nothing would have
// seconds.
func (c *begunConn) Close() error {
	defer c.leave()
	if secure, ok := c.Conn.(*tls.Conn); ok {
		return secure.NetConn().Close()
	}
	return c.Conn.Close()
}
