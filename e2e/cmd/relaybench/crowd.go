//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/protocol"
)

// A crowd is idle peers over TLS. They live outside the loop, which reads plain
// sockets: some goroutines connect them, and then each has one that answers pings.
type crowd struct {
	loop     *loop
	settings *settings

	holding sync.WaitGroup // the goroutines that answer pings

	mu     sync.Mutex
	peers  []*tlsPeer // guarded by mu
	closed bool       // guarded by mu: peers that end now are not lost
	err    error      // guarded by mu: why the first one was lost
}

func newCrowd(l *loop, s *settings) *crowd { return &crowd{loop: l, settings: s} }

// open connects the servers and then their clients.
func (c *crowd) open() error {
	var open atomic.Int64
	c.loop.live.Show(func() string { return fmt.Sprintf("%d of %d peers have connected", open.Load(), c.settings.peers) })
	ids := make([]protocol.ID, c.settings.servers())
	err := c.openAll(len(ids), func(ctx context.Context, i int, from [4]byte) (err error) {
		defer open.Add(1)
		ids[i], err = c.join(ctx, from, "/server")
		return err
	})
	if err != nil {
		return err
	}
	return c.openAll(c.settings.peers-len(ids), func(ctx context.Context, i int, from [4]byte) error {
		defer open.Add(1)
		_, err := c.join(ctx, from, "/client/"+string(ids[i%len(ids)]))
		return err
	})
}

// openAll calls join n times, for so many peers at a time as the flags say, each
// with a source address of its own. The first error ends it.
func (c *crowd) openAll(n int, join func(ctx context.Context, i int, from [4]byte) error) error {
	group, ctx := errgroup.WithContext(c.loop.ctx)
	group.SetLimit(c.settings.parallel)
	for i := 0; i < n && ctx.Err() == nil; i++ {
		c.loop.live.Tick(time.Now())
		from := c.loop.target.source()
		group.Go(func() error { return join(ctx, i, from) })
	}
	err := group.Wait()
	if c.loop.ctx.Err() != nil {
		return command.ErrInterrupted
	}
	return err
}

// join connects one peer and leaves it to answer pings.
func (c *crowd) join(ctx context.Context, from [4]byte, path string) (protocol.ID, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: from[:]}}
	conn, err := dialer.DialContext(ctx, "tcp4", c.loop.target.to.String())
	if err != nil {
		return "", fmt.Errorf("cannot connect: %w", err)
	}
	// The certificate is made anew at each start of the relay, and nobody else
	// listens there: to verify it would only add to the load's own cost.
	p := &tlsPeer{conn: tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})}
	c.add(p)
	id, err := p.greet(ctx, c.loop.target.handshake(path))
	if err != nil {
		return "", err
	}
	c.holding.Go(func() { c.lose(p.hold()) })
	return id, nil
}

// add makes a peer known to close, which comes after open.
func (c *crowd) add(p *tlsPeer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peers = append(c.peers, p)
}

func (c *crowd) lose(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed && c.err == nil {
		c.err = fmt.Errorf("a peer was lost: %w", err)
	}
}

func (c *crowd) lost() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// close cuts every connection and waits for who answers pings there.
func (c *crowd) close() {
	c.mu.Lock()
	c.closed = true
	for _, p := range c.peers {
		p.cut()
	}
	c.mu.Unlock()
	c.holding.Wait()
}
