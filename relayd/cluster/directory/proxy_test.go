package directory_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cable is a TCP way to a server that a test can cut.
type cable struct {
	listener net.Listener
	to       string
	tasks    sync.WaitGroup

	held  sync.RWMutex // bytes to the server wait while it is locked
	holds bool

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func newCable(t testing.TB, to string) *cable {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cable{listener: listener, to: to, conns: make(map[net.Conn]bool)}
	c.tasks.Go(c.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		c.release()
		c.set(true)
		c.tasks.Wait()
	})
	return c
}

func (c *cable) endpoint() string { return "http://" + c.listener.Addr().String() }

// set cuts the cable, which ends its connections, or mends it.
func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	for conn := range c.conns {
		if cut {
			_ = conn.Close()
		}
	}
}

// hold keeps back what clients send, and release lets it go on. They are for the test's goroutine.
func (c *cable) hold() {
	c.held.Lock()
	c.holds = true
}

func (c *cable) release() {
	if c.holds {
		c.held.Unlock()
	}
	c.holds = false
}

// holding is the side to the server.
type holding struct {
	net.Conn
	cable *cable
}

func (h holding) Write(p []byte) (int, error) {
	h.cable.held.RLock()
	defer h.cable.held.RUnlock()
	return h.Conn.Write(p)
}

// ReadFrom hides that of the connection, which does not call Write.
func (h holding) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{h}, r)
}

func (c *cable) accept() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		other, err := net.Dial("tcp", c.to)
		if err != nil || !c.keep(conn, other) {
			_ = conn.Close()
			if other != nil {
				_ = other.Close()
			}
			continue
		}
		c.tasks.Go(func() { c.pass(conn, holding{other, c}) })
		c.tasks.Go(func() { c.pass(other, conn) })
	}
}

func (c *cable) keep(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		if c.cut {
			return false
		}
		c.conns[conn] = true
	}
	return true
}

func (c *cable) pass(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	_, _ = from.Close(), to.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, from)
}
