package turn

import (
	"net"
	"sync"
)

// connections are the open TCP connections. It is the net.Listener that pion accepts them from.
type connections struct {
	accept chan net.Conn
	closed chan struct{}

	mu     sync.Mutex
	open   map[net.Addr]*conn // by the local address of their flow
	number uint64             // of the newest
}

func newConnections() *connections {
	return &connections{accept: make(chan net.Conn), closed: make(chan struct{}), open: make(map[net.Addr]*conn)}
}

// ServeConn serves a TCP or TLS connection, whose Read returns all bytes from the first on. It
// returns at once, and closes the connection at its end. If there are too many, the oldest without
// an allocation is closed for it. It returns false if each has one, if the remote address is not one of TCP, or if the server is closed; the connection is then
// closed, too.
func (s *Server) ServeConn(c net.Conn) bool {
	own := s.connections.add(s, c)
	if own == nil {
		c.Close()
		return false
	}
	select {
	case s.connections.accept <- own:
		return true
	case <-s.connections.closed:
		own.Close()
		return false
	}
}

func (l *connections) add(s *Server, c net.Conn) *conn {
	if _, ok := c.RemoteAddr().(*net.TCPAddr); !ok {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= s.limits.Load().Connections {
		s.counts.drop(overConnections)
		if !l.makeSpace(s.hub) {
			return nil
		}
	}
	select {
	case <-l.closed:
		return nil
	default:
	}
	l.number++
	own := s.newConn(c, l.number)
	l.open[own.flow.local] = own
	s.running.Add(1)
	return own
}

// makeSpace ends the oldest connection without an allocation. It returns false if there is none.
// With mu held.
func (l *connections) makeSpace(h *hub) bool {
	var oldest *conn
	for _, c := range l.open {
		if (oldest == nil || c.number < oldest.number) && h.at(c.flow) == nil {
			oldest = c
		}
	}
	if oldest == nil {
		return false
	}
	delete(l.open, oldest.flow.local)
	oldest.end()
	return true
}

func (l *connections) remove(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c.flow.local)
}

func (l *connections) at(local net.Addr) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[local]
}

func (l *connections) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

func (l *connections) all() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*conn, 0, len(l.open))
	for _, c := range l.open {
		all = append(all, c)
	}
	return all
}

// sweep ends the connections that have had no allocation for a while.
func (l *connections) sweep(h *hub) {
	for _, c := range l.all() {
		if now := h.now(); h.at(c.flow) != nil {
			c.bareSince = now
		} else if now-c.bareSince >= bareFor {
			h.counts.drop(idle)
			c.end()
		}
	}
}

// Accept, Close and Addr are pion's.

func (l *connections) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses connections from now on, and ends those that are open.
func (l *connections) Close() error {
	l.mu.Lock()
	close(l.closed)
	l.mu.Unlock()
	for _, c := range l.all() {
		c.end()
	}
	return nil
}

func (l *connections) Addr() net.Addr { return &net.TCPAddr{} }
