//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

// A flow is messages of one size from clients to their servers, as fast as each pair can.
// Servers receive until the flow is closed.
type flow struct {
	run     *bench.Run
	ctx     context.Context // ends with the first failure
	fail    context.CancelCauseFunc
	pairs   []*pair
	message sdk.Message
	windows []chan struct{} // of each pair: an element for each message under way
	arrived atomic.Int64
	hearing sync.WaitGroup
}

// openFlow opens pairs whose clients keep at most so many messages under way.
func openFlow(r *bench.Run, pairs int, server, client string, http *http.Client, size, window int) *flow {
	f := &flow{run: r, message: chat(size), pairs: openPairs(r, pairs, server, client, http)}
	f.ctx, f.fail = context.WithCancelCause(r.Ctx)
	for _, p := range f.pairs {
		under := make(chan struct{}, window)
		f.windows = append(f.windows, under)
		f.hearing.Go(func() { f.receive(p.server, under) })
	}
	return f
}

func (f *flow) receive(c *sdk.Conn, under <-chan struct{}) {
	for {
		m, err := c.Receive(f.ctx)
		if err == nil && len(m.Data) != len(f.message.Data) {
			err = fmt.Errorf("a message has %d bytes", len(m.Data))
		}
		if err != nil {
			f.fail(fmt.Errorf("a server receives no more: %w", err))
			return
		}
		f.arrived.Add(1)
		<-under
	}
}

// send sends until the context ends.
func (f *flow) send(ctx context.Context, c *sdk.Conn, under chan<- struct{}) {
	for {
		select {
		case under <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if _, err := c.Send(f.ctx, f.message); err != nil {
			f.fail(fmt.Errorf("a client cannot send: %w", err))
			return
		}
	}
}

// measure sends for the warmup and then while call runs. At the end nothing is under way.
func (f *flow) measure(warmup time.Duration, call func()) {
	ctx, stop := context.WithCancel(f.ctx)
	defer stop()
	var sending sync.WaitGroup
	for i, p := range f.pairs {
		sending.Go(func() { f.send(ctx, p.client, f.windows[i]) })
	}
	f.run.Check(bench.Sleep(f.ctx, warmup))
	call()
	stop()
	late := time.AfterFunc(patience, func() { f.fail(fmt.Errorf("a message has not arrived within %v", patience)) })
	defer late.Stop()
	sending.Wait()
	for _, under := range f.windows {
		for len(under) > 0 {
			f.run.Check(bench.Sleep(f.ctx, time.Millisecond))
		}
	}
}

func (f *flow) close() {
	closePairs(f.run, f.pairs)
	f.fail(errors.New("the flow is closed"))
	f.hearing.Wait()
}
