package virtual

import (
	"net"
	"sync"
	"time"
)

// A conn is one end of a connection.
type conn struct{ in, out *pipe }

func newConns(up, down Way) (client, server *conn) {
	there, back := newPipe(), newPipe()
	there.way, back.way = up, down
	there.back, back.back = back, there
	return &conn{in: back, out: there}, &conn{in: there, out: back}
}

func (c *conn) Read(b []byte) (int, error) { return c.in.read(b) }

func (c *conn) Write(b []byte) (int, error) { return c.out.write(b) }

func (c *conn) CloseWrite() error {
	c.out.close(true)
	return nil
}

func (c *conn) Close() error {
	c.out.close(true)
	c.in.close(false)
	return nil
}

func (c *conn) LocalAddr() net.Addr { return address{} }

func (c *conn) RemoteAddr() net.Addr { return address{} }

func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.readBy, t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writeBy, t)
	return nil
}

func (p *pipe) setDeadline(field *time.Time, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*field = t
	p.turn.Broadcast() // who waits looks again, and waits until then
}

// address is the address of every end.
type address struct{}

func (address) Network() string { return "tcp" }

func (address) String() string { return "192.0.2.1:1" }

// A door is the listener of one life of the relay.
type door struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newDoor() *door { return &door{conns: make(chan net.Conn, 128), closed: make(chan struct{})} }

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.conns:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

func (d *door) Addr() net.Addr { return address{} }
