//go:build linux

package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/sdk"
)

// A flow is messages of one size from clients to their servers, each pair's as fast as
// they go. It counts what arrives.
type flow struct {
	ctx     context.Context
	pairs   []*pair
	message sdk.Message
	window  int             // messages under way from each client; 0: as the link allows
	credits []chan struct{} // of each pair: a token for each message that may still be sent

	arrived atomic.Int64
	end     context.CancelFunc
	hearing sync.WaitGroup

	mu      sync.Mutex // guards what follows
	failed  error
	closing bool
}

// newFlow makes a flow, whose servers receive until it is closed. The window needs no
// messages, because both ends live here: base messages have no other.
func newFlow(ctx context.Context, pairs []*pair, size, window int) *flow {
	f := &flow{pairs: pairs, window: window, message: sdk.Message{Type: "chat", Data: []byte(`"` + strings.Repeat("x", size-2) + `"`)}}
	f.ctx, f.end = context.WithCancel(ctx)
	for _, p := range pairs {
		credit := make(chan struct{}, max(window, 1))
		for range window {
			credit <- struct{}{}
		}
		f.credits = append(f.credits, credit)
		f.hearing.Go(func() { f.hear(p.server, credit) })
	}
	return f
}

func (f *flow) hear(c *sdk.Conn, credit chan<- struct{}) {
	for {
		m, err := c.Receive(f.ctx)
		if err != nil {
			f.fail(fmt.Errorf("a server receives no more: %w", err))
			return
		}
		if len(m.Data) != len(f.message.Data) {
			f.fail(fmt.Errorf("a message of %d bytes has come, where all have %d", len(m.Data), len(f.message.Data)))
			return
		}
		f.arrived.Add(1)
		if f.window > 0 {
			credit <- struct{}{} // there is room for each that was taken out
		}
	}
}

// say sends until the context ends.
func (f *flow) say(ctx context.Context, c *sdk.Conn, credit <-chan struct{}) {
	for {
		if f.window > 0 {
			select {
			case <-credit:
			case <-ctx.Done():
				return
			}
		} else if ctx.Err() != nil {
			return
		}
		if _, err := c.Send(f.ctx, f.message); err != nil {
			f.fail(fmt.Errorf("a client cannot send: %w", err))
			return
		}
	}
}

func (f *flow) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed == nil && f.ctx.Err() == nil && !f.closing {
		f.failed = err
		f.end()
	}
}

func (f *flow) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed == nil && f.ctx.Err() != nil {
		return command.ErrInterrupted
	}
	return f.failed
}

// close ends the pairs, whose servers receive until then: so that clients need not wait
// for the outcomes of their last messages.
func (f *flow) close() {
	f.mu.Lock()
	f.closing = true
	f.mu.Unlock()
	closePairs(f.ctx, f.pairs)
	f.end()
	f.hearing.Wait()
}
