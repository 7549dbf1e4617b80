//go:build !js

package sdk

import (
	"context"
	"net"
	"os"
)

// errDeadline is the error of a call whose deadline is past.
var errDeadline = os.ErrDeadlineExceeded

// DialContext opens the stream that address names: see OpenStream. It is for programs that take
// a function with this signature, such as a net/http.Transport.
func (c *Conn) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	s, err := c.OpenStream(ctx, address)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// LocalAddr returns this peer's ID as an address.
func (s *Stream) LocalAddr() net.Addr { return address(s.linked.conn.own) }

// RemoteAddr returns the other peer's ID as an address.
func (s *Stream) RemoteAddr() net.Addr { return address(s.linked.conn.peer) }

// address is the ID of a peer.
type address string

func (address) Network() string  { return "intercessor" }
func (a address) String() string { return string(a) }

// Streams returns a net.Listener that accepts the streams of all Conns of l, as *Stream, for
// example for net/http.Serve. The clients take turns, so that one that opens many streams does
// not hold up the others. The program must still accept the Conns, and close them when they have
// ended. Accept returns an error when the session of l has ended, as Listener.Accept does.
// Closing what Streams returns makes its Accept return, and closes no stream and no Conn.
func (l *Listener) Streams() net.Listener {
	s := &streamListener{listener: l}
	s.open, s.close = context.WithCancel(context.Background())
	l.turns.use()
	for _, it := range l.links() {
		l.turns.add(it)
	}
	return s
}

type streamListener struct {
	listener *Listener // static, as are the next two
	open     context.Context
	close    context.CancelFunc
}

func (s *streamListener) Accept() (net.Conn, error) {
	l := s.listener
	for s.open.Err() == nil {
		it, none := l.turns.next()
		if it != nil {
			if stream, _, _ := it.tryStream(&it.streams.arrived, it.nextStream); stream != nil {
				l.turns.add(it) // there may be more
				return stream, nil
			}
			continue
		}
		if err := l.Err(); err != nil {
			return nil, err
		}
		select {
		case <-none:
		case <-s.open.Done():
		}
	}
	return nil, ErrClosed
}

func (s *streamListener) Close() error {
	s.close()
	return nil
}

func (s *streamListener) Addr() net.Addr { return address(s.listener.ID()) }

// links returns the Conns that have a link.
func (l *Listener) links() []*linked {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []*linked
	for c := range l.conns {
		if it, ok := c.messages.(*linked); ok {
			all = append(all, it)
		}
	}
	return all
}

// use has Conns take turns from now on.
func (t *turns) use() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.used = true
}

// next returns the Conn whose turn it is. If there is none it returns a channel that is closed
// when there is another one.
func (t *turns) next() (l *linked, none <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ready) == 0 {
		return nil, t.more.wait()
	}
	l = t.ready[0]
	t.ready[0] = nil
	t.ready = t.ready[1:]
	l.inTurn = false
	return l, nil
}
