package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Options bound a proxy. The zero value works.
type Options struct {
	MaxConns   int           // connections at a time, silent ones included; more are reset. Default 1024
	Lifetime   time.Duration // a connection that is older is reset. Default 10 minutes
	DialWithin time.Duration // to reach the target. Default 5 seconds
	Seed       uint64        // jitter is drawn from it
}

// A Proxy carries connections from Addr to its target. Its methods may be called concurrently.
type Proxy struct {
	target   string
	options  Options
	listener *net.TCPListener
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	group    sync.WaitGroup // the accept loop and every connection

	mu       sync.Mutex
	plan     func(n int) Faults
	refuse   bool
	accepted int
	refused  int
	live     map[*conn]struct{}
	traffic  map[int]*conn // the last few, for Traffic
	changed  chan struct{} // closed and renewed at each change, for Wait
}

// remembered is how many of the last connections Traffic knows.
const remembered = 4096

// Listen starts a proxy on a free port of loopback in front of target, HOST:PORT.
func Listen(target string, o *Options) (*Proxy, error) {
	return ListenOn("127.0.0.1:0", target, o)
}

// ListenOn is Listen with an address, which must be of loopback.
func ListenOn(address, target string, o *Options) (*Proxy, error) {
	local, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("chaos proxy: %w", err)
	}
	if !local.IP.IsLoopback() {
		return nil, fmt.Errorf("chaos proxy: %s is not a loopback address; the proxy listens on loopback only", address)
	}
	listener, err := net.ListenTCP("tcp", local)
	if err != nil {
		return nil, fmt.Errorf("chaos proxy: %w", err)
	}
	p := &Proxy{target: target, listener: listener, live: map[*conn]struct{}{}, traffic: map[int]*conn{}, changed: make(chan struct{})}
	if o != nil {
		p.options = *o
	}
	if p.options.MaxConns <= 0 {
		p.options.MaxConns = 1024
	}
	if p.options.Lifetime <= 0 {
		p.options.Lifetime = 10 * time.Minute
	}
	if p.options.DialWithin <= 0 {
		p.options.DialWithin = 5 * time.Second
	}
	p.plan = func(int) Faults { return Faults{} }
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.group.Go(p.accept)
	return p, nil
}

// Addr returns the address for peers, HOST:PORT.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// accept runs until the listener is closed.
func (p *Proxy) accept() {
	for {
		client, err := p.listener.AcceptTCP()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			select { // probably out of file descriptors: retry
			case <-p.ctx.Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		c := p.admit(client)
		if c == nil {
			reset(client)
			continue
		}
		p.group.Go(func() {
			defer p.forget(c)
			c.run(p.ctx)
		})
	}
}

// admit gives the connection its number and its faults. It returns nil if the connection is
// refused.
func (p *Proxy) admit(client *net.TCPConn) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse || len(p.live) >= p.options.MaxConns || p.ctx.Err() != nil {
		p.refused++
		return nil
	}
	c := newConn(p.accepted, client, p.target, p.plan(p.accepted), p.options)
	p.live[c] = struct{}{}
	p.traffic[c.n] = c
	delete(p.traffic, c.n-remembered)
	p.accepted++
	p.note()
	return c
}

func (p *Proxy) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.live, c)
	p.note()
}

// note wakes Wait. The caller holds p.mu.
func (p *Proxy) note() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Close resets every connection, and returns when all goroutines have ended.
func (p *Proxy) Close() error {
	p.cancel()
	err := p.listener.Close()
	p.CutAll(RST)
	p.group.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
