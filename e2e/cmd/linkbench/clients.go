//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
	"github.com/sebas642/intercessor/sdk"
)

// dialAll connects clients, and waits until each has its link.
func (b *bench) dialAll(n int, url string) ([]*sdk.Conn, error) {
	clients := make([]*sdk.Conn, n)
	var open atomic.Int64
	b.Live.Show(func() string { return fmt.Sprintf("%d of %d clients have connected", open.Load(), n) })
	ctx, cancel := context.WithTimeout(b.Ctx, 5*time.Minute)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for i := range clients {
		group.Go(func() (err error) {
			if clients[i], err = sdk.Dial(ctx, url, nil); err != nil {
				return fmt.Errorf("client %d cannot connect: %w", i+1, err)
			}
			defer open.Add(1)
			return linked(ctx, clients[i])
		})
	}
	return clients, group.Wait()
}

// linked waits until the server has answered.
func linked(ctx context.Context, c *sdk.Conn) error {
	state, err := c.WaitState(ctx, sdk.Connecting)
	switch {
	case err != nil:
		return fmt.Errorf("the listener does not answer a client: %w", err)
	case state == sdk.Closed:
		_, err = c.Receive(ctx)
		return fmt.Errorf("the Conn of a client has ended: %w", err)
	}
	return nil
}

// sendAll has every client send, one message under way at a time, and returns the
// highest memory of the listener meanwhile.
func (b *bench) sendAll(s *settings, clients []*sdk.Conn, pid int) (sent int64, took time.Duration, highest int64, err error) {
	ctx, cancel := context.WithTimeout(b.Ctx, s.during+patience)
	defer cancel()
	var delivered atomic.Int64
	b.Live.Show(func() string { return fmt.Sprintf("%d messages were delivered", delivered.Load()) })
	stop := make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range clients {
		group.Go(func() error { return keepSending(ctx, c, &delivered, stop) })
	}
	begin := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for time.Since(begin) < s.during && ctx.Err() == nil && err == nil {
		<-tick.C
		var now int64
		now, err = process.ResidentBytes(pid)
		highest = max(highest, now)
	}
	sent, took = delivered.Load(), time.Since(begin)
	close(stop)
	return sent, took, highest, errors.Join(group.Wait(), err)
}

var payload = []byte(`"` + strings.Repeat("x", messageSize-2) + `"`)

func keepSending(ctx context.Context, c *sdk.Conn, delivered *atomic.Int64, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		receipt, err := c.Send(ctx, sdk.Message{Type: "chat", Data: payload})
		if err != nil {
			return fmt.Errorf("a client cannot send: %w", err)
		}
		outcome, err := receipt.Outcome(ctx)
		if err != nil {
			return fmt.Errorf("a client does not learn the outcome of a message: %w", err)
		}
		if outcome.Result != sdk.Delivered {
			return fmt.Errorf("a message ended as %v (%s)", outcome.Result, outcome.Reason)
		}
		delivered.Add(1)
	}
}

// closeAll closes clients, all at once, but not after an interrupt.
func closeAll(ctx context.Context, clients []*sdk.Conn) {
	if ctx.Err() != nil {
		return
	}
	var all sync.WaitGroup
	for _, c := range clients {
		if c != nil {
			all.Go(func() { _ = c.Close() })
		}
	}
	all.Wait()
}
