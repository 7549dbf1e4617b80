// Package memnet is a network in memory, for tests in a synctest bubble: connections
// with a buffer, as the operating system's have, which a test can cut at any byte.
package memnet

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// buffer is how much waits in one direction before Write waits.
const buffer = 64 << 10

// ErrReset is what both ends get of a connection that was cut.
var ErrReset = errors.New("connection reset by the test")

// Network is a listener in memory. Make one with [New].
type Network struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// New returns a network with one listener: itself.
func New() *Network {
	return &Network{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Hand hands one end of a pair to the listener.
func (n *Network) Hand(ctx context.Context, server net.Conn) error {
	select {
	case n.conns <- server:
		return nil
	case <-n.closed:
		return errors.New("connection refused by the test")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Accept, Close and Addr make Network a net.Listener.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *Network) Addr() net.Addr { return address{} }

// Conn is one end of a connection.
type Conn struct {
	in, out *pipe
}

// Pair returns the two ends of a connection.
func Pair() (a, b *Conn) {
	there, back := newPipe(), newPipe()
	return &Conn{in: back, out: there}, &Conn{in: there, out: back}
}

// CutAfter cuts the connection once n more bytes were written at this end.
func (c *Conn) CutAfter(n int) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.left, c.out.other = n, c.in
}

// Cut ends the connection for both ends, and loses what is on its way.
func (c *Conn) Cut() {
	c.in.end(ErrReset, true)
	c.out.end(ErrReset, true)
}

// Silence loses what is written at this end from now on, without a word.
func (c *Conn) Silence() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.silent = true
}

func (c *Conn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *Conn) Write(b []byte) (int, error) { return c.out.write(b) }

// Close ends both directions; the other end reads what is on its way first.
func (c *Conn) Close() error {
	c.out.end(io.EOF, false)
	c.in.end(net.ErrClosed, true)
	return nil
}

func (c *Conn) LocalAddr() net.Addr  { return address{} }
func (c *Conn) RemoteAddr() net.Addr { return address{} }

func (c *Conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.readBy, t)
	return nil
}

func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writeBy, t)
	return nil
}

// pipe is one direction.
type pipe struct {
	mu     sync.Mutex
	turn   *sync.Cond // something has changed
	bytes  []byte
	err    error // what Read gets after the bytes
	silent bool
	left   int   // how many more bytes may be written, if other is set
	other  *pipe // the other direction, which ends with this one

	readBy, writeBy time.Time
}

func newPipe() *pipe {
	p := &pipe{}
	p.turn = sync.NewCond(&p.mu)
	return p
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.bytes) == 0 {
		switch {
		case p.err != nil:
			return 0, p.err
		case past(p.readBy):
			return 0, os.ErrDeadlineExceeded
		}
		p.turn.Wait()
	}
	n := copy(b, p.bytes)
	p.bytes = p.bytes[n:]
	p.turn.Broadcast()
	return n, nil
}

func (p *pipe) write(b []byte) (int, error) {
	n, cut, err := p.fill(b)
	if cut != nil {
		cut.end(ErrReset, true)
	}
	return n, err
}

// fill writes, and returns the other direction if the connection is now cut.
func (p *pipe) fill(b []byte) (written int, cut *pipe, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(b) > 0 {
		switch room := buffer - len(p.bytes); {
		case p.err == io.EOF:
			return written, nil, net.ErrClosed
		case p.err != nil:
			return written, nil, p.err
		case past(p.writeBy):
			return written, nil, os.ErrDeadlineExceeded
		case p.silent:
			return written + len(b), nil, nil
		case room == 0:
			p.turn.Wait()
		default:
			n := min(room, len(b))
			if p.other != nil {
				n = min(n, p.left)
				p.left -= n
			}
			p.bytes = append(p.bytes, b[:n]...)
			b, written = b[n:], written+n
			p.turn.Broadcast()
			if p.other != nil && p.left == 0 {
				p.err = ErrReset // what was written arrives
				return written, p.other, nil
			}
		}
	}
	return written, nil, nil
}

// end sets what comes after the bytes, or instead of them.
func (p *pipe) end(err error, drop bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if drop {
		p.bytes = nil
	}
	if p.err == nil || drop {
		p.err = err
	}
	p.turn.Broadcast()
}

func (p *pipe) setDeadline(field *time.Time, t time.Time) {
	p.mu.Lock()
	*field = t
	p.turn.Broadcast()
	p.mu.Unlock()
	if wait := time.Until(t); !t.IsZero() && wait > 0 {
		time.AfterFunc(wait, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.turn.Broadcast()
		})
	}
}

func past(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

// address is everybody's.
type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory:1" }
