package chaos

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// drainWithin is how long a connection that was cut by FIN is still read, so that data in flight
// does not turn the FIN into a reset.
const drainWithin = 2 * time.Second

// A conn is one connection through the proxy: two sockets and two directions.
type conn struct {
	n       int
	address string // the target's
	options Options
	client  *net.TCPConn
	up      way
	down    way
	cutDone chan struct{} // closed by the first cut, which ends all writing
	stalls  atomic.Int64  // no byte passes before this time, in Unix nanoseconds

	mu     sync.Mutex
	target *net.TCPConn // nil until it is dialled
	was    Kind         // how it was cut; None if it was not
}

func newConn(n int, client *net.TCPConn, address string, f Faults, o Options) *conn {
	c := &conn{n: n, address: address, options: o, client: client, cutDone: make(chan struct{})}
	c.up = way{faults: f.Up, random: rand.New(rand.NewPCG(o.Seed, uint64(2*n)))}
	c.down = way{faults: f.Down, random: rand.New(rand.NewPCG(o.Seed, uint64(2*n+1)))}
	return c
}

// run serves the connection until both directions have ended, it was cut, or it is too old.
func (c *conn) run(ctx context.Context) {
	defer c.client.Close()
	dial, cancel := context.WithTimeout(ctx, c.options.DialWithin)
	socket, err := new(net.Dialer).DialContext(dial, "tcp", c.address)
	cancel()
	if err != nil { // the target is down: the peer sees a reset
		reset(c.client)
		return
	}
	target := socket.(*net.TCPConn)
	defer target.Close()
	c.mu.Lock()
	c.target = target
	was := c.was
	c.mu.Unlock()
	if was != None {
		c.apply(was)
	}
	fired := make(chan struct{})
	old := time.AfterFunc(c.options.Lifetime, func() { defer close(fired); c.cut(RST) })
	defer func() {
		if !old.Stop() {
			<-fired
		}
	}()

	var ways sync.WaitGroup
	ways.Go(func() { c.up.carry(c, c.client, target) })
	ways.Go(func() { c.down.carry(c, target, c.client) })
	ways.Wait()
}

// cut cuts the connection, and reports whether it changed anything. Only a reset can follow
// another cut.
func (c *conn) cut(by Kind) bool {
	c.mu.Lock()
	if by == None || c.was == by || c.was == RST {
		c.mu.Unlock()
		return false
	}
	if c.was == None {
		close(c.cutDone)
	}
	c.was = by
	c.mu.Unlock()
	c.apply(by)
	return true
}

func (c *conn) apply(by Kind) {
	c.mu.Lock()
	sockets := []*net.TCPConn{c.client}
	if c.target != nil {
		sockets = append(sockets, c.target)
	}
	c.mu.Unlock()
	for _, s := range sockets {
		switch by {
		case RST:
			reset(s)
		case FIN:
			_ = s.SetWriteDeadline(time.Now()) // ends a blocked write
			_ = s.CloseWrite()
			_ = s.SetReadDeadline(time.Now().Add(drainWithin))
		case Silence:
			_ = s.SetWriteDeadline(time.Now())
		}
	}
}

func (c *conn) isCut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.was != None
}

func (c *conn) stall(until time.Time) { c.stalls.Store(until.UnixNano()) }

// ended is called when src has ended and all its bytes have been passed on.
func (c *conn) ended(dst *net.TCPConn, err error) {
	if c.isCut() {
		return // a silent connection passes no end on, and after another cut both ends know
	}
	if errors.Is(err, errEnd) {
		_ = dst.CloseWrite()
		return
	}
	c.cut(RST)
}

// reset closes a socket so that its other end sees RST. Written bytes have already left on
// loopback, and can be read before the reset.
func reset(s *net.TCPConn) {
	_ = s.SetLinger(0)
	_ = s.Close()
}
