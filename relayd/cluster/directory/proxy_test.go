package directory_test

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A cable is a TCP way to a server that a test can cut.
type cable struct {
	listener net.Listener
	to       string
	tasks    sync.WaitGroup

	held  sync.RWMutex // bytes to the server wait while it is locked
	holds bool

	delay atomic.Int64 // of each direction, in nanoseconds

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

// A piece is bytes that leave the cable when they are due.
type piece struct {
	due   time.Time
	bytes []byte
}

func (c *cable) pass(from, to net.Conn) {
	pieces := make(chan piece, 1000)
	c.tasks.Go(func() {
		for p := range pieces {
			time.Sleep(time.Until(p.due))
			_, _ = to.Write(p.bytes)
		}
		_, _ = from.Close(), to.Close()
	})
	for buffer := make([]byte, 64<<10); ; {
		n, err := from.Read(buffer)
		if n > 0 {
			pieces <- piece{time.Now().Add(time.Duration(c.delay.Load())), bytes.Clone(buffer[:n])}
		}
		if err != nil {
			break
		}
	}
	close(pieces)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, from)
}

// slow has bytes to the server, and back, take so long together.
func (c *cable) slow(trip time.Duration) { c.delay.Store(int64(trip / 2)) }
