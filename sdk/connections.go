package sdk

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// wantAgain is how often an application that waits for a connection says so.
const wantAgain = time.Second

// connections are the WebRTC connections of a Conn, one after the other: each that is over
// may be followed by another. Only a Conn over a link has more than one.
type connections struct {
	want func() // says that the application needs a direct path; called without a lock

	ending sync.WaitGroup // of those that others have replaced

	mu      sync.Mutex // guards what follows
	last    *rtc.Peer
	started bool
	next    chan struct{} // closed when last is another one, or when none follows
	final   bool          // none follows
}

func newConnections(first *rtc.Peer, want func()) *connections {
	return &connections{last: first, want: want, next: make(chan struct{})}
}

// now returns the last connection.
func (c *connections) now() *rtc.Peer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// following returns the last connection, and a channel that is closed when another follows;
// nil if none does.
func (c *connections) following() (*rtc.Peer, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.final {
		return c.last, nil
	}
	return c.last, c.next
}

// start lets the connections answer the other peer.
func (c *connections) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.started {
		c.started = true
		c.last.Start()
	}
}

// replace ends the last connection, of which after is the rest, and goes on with another.
func (c *connections) replace(by *rtc.Peer, after func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.last
	c.last = by
	if c.started {
		by.Start()
	}
	if !c.final {
		close(c.next)
		c.next = make(chan struct{})
	}
	c.ending.Go(func() {
		old.Replace()
		_ = old.Close()
		after()
	})
}

// end says that no other connection follows.
func (c *connections) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.final {
		c.final = true
		close(c.next)
	}
}

// open has the application do something with the last connection. If that was over before, it is
// done with the one that follows. So it is once if the connection is closed in the middle.
func (c *connections) open(ctx context.Context, do func(*rtc.Peer) error) error {
	c.start()
	for closed := false; ; {
		p, next := c.following()
		over := p.IsOver()
		if next != nil {
			c.want()
		}
		err := do(p)
		again := over || errors.Is(err, rtc.ErrReplaced) || errors.Is(err, rtc.ErrPathClosed) && !closed
		if err == nil || next == nil || !again || !c.await(ctx, next) {
			return err
		}
		closed = closed || !over
	}
}

// await waits for the next connection. It says again and again that one is wanted, because it may
// not be known yet that the last one is over.
func (c *connections) await(ctx context.Context, next <-chan struct{}) bool {
	again := time.NewTicker(wantAgain)
	defer again.Stop()
	for {
		select {
		case <-next:
			return true
		case <-again.C:
			c.want()
		case <-ctx.Done():
			return false
		}
	}
}

// other waits until is reports true for the last connection, and looks at each that follows.
func (c *connections) other(ctx context.Context, is func(*rtc.Peer) (bool, error)) error {
	c.start()
	for {
		p, next := c.following()
		yes, err := is(p)
		switch {
		case yes:
			return nil
		case next == nil && err == nil:
			return rtc.ErrClosed
		case next == nil:
			return err
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// accept waits for a channel on the last connection, and on those that follow.
func (c *connections) accept(ctx context.Context) (*rtc.Channel, error) {
	c.start()
	for {
		p, next := c.following()
		ch, err := p.AcceptChannel(ctx)
		if err == nil || next == nil || ctx.Err() != nil {
			return ch, err
		}
		select {
		case <-next:
		case <-ctx.Done():
			return nil, err
		}
	}
}
