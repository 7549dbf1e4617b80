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
)

// A flow is messages of one size from clients to their servers, as fast as each pair can.
// Servers receive until the flow is closed.
type flow struct {
	run     *bench.Run
	ctx     context.Context // ends with the first failure
	fail    context.CancelCauseFunc
	size    int     // of a message
	pairs   []*pair // none if the peers are raw
	lanes   []lane
	leave   func() // closes the peers
	arrived atomic.Int64
	hearing sync.WaitGroup
}

// A lane is what one client of a flow sends to its server.
type lane struct {
	send    func(context.Context) error
	receive func(context.Context) (size int, err error)
	under   chan struct{} // an element for each message under way
}

// openFlow opens pairs whose clients keep at most so many messages under way.
func openFlow(r *bench.Run, pairs int, server, client string, http *http.Client, size, window int) *flow {
	f := newFlow(r, size)
	f.pairs = openPairs(r, pairs, server, client, http)
	f.leave = func() { closePairs(r, f.pairs) }
	message := chat(size)
	for _, p := range f.pairs {
		f.add(window, func(ctx context.Context) error {
			_, err := p.client.Send(ctx, message)
			return err
		}, func(ctx context.Context) (int, error) {
			m, err := p.server.Receive(ctx)
			return len(m.Data), err
		})
	}
	return f
}

func newFlow(r *bench.Run, size int) *flow {
	f := &flow{run: r, size: size}
	f.ctx, f.fail = context.WithCancelCause(r.Ctx)
	return f
}

func (f *flow) add(window int, send func(context.Context) error, receive func(context.Context) (int, error)) {
	l := lane{send, receive, make(chan struct{}, window)}
	f.lanes = append(f.lanes, l)
	f.hearing.Go(func() { f.receive(l) })
}

func (f *flow) receive(l lane) {
	for {
		n, err := l.receive(f.ctx)
		if err == nil && n != f.size {
			err = fmt.Errorf("a message has %d bytes", n)
		}
		if err != nil {
			f.fail(fmt.Errorf("a server receives no more: %w", err))
			return
		}
		f.arrived.Add(1)
		<-l.under
	}
}

// send sends until the context ends.
func (f *flow) send(ctx context.Context, l lane) {
	for {
		select {
		case l.under <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if err := l.send(f.ctx); err != nil {
			f.fail(fmt.Errorf("a client cannot send: %w", err))
			return
		}
	}
}

// measure sends until something has arrived, for the warmup, and then while call runs. At the end
// nothing is under way.
func (f *flow) measure(warmup time.Duration, call func()) {
	ctx, stop := context.WithCancel(f.ctx)
	defer stop()
	var sending sync.WaitGroup
	for _, l := range f.lanes {
		sending.Go(func() { f.send(ctx, l) })
	}
	late := time.AfterFunc(patience, func() { f.fail(fmt.Errorf("no message has arrived within %v", patience)) })
	for before := f.arrived.Load(); f.arrived.Load() == before; {
		f.run.Check(bench.Sleep(f.ctx, time.Millisecond))
	}
	late.Stop()
	f.run.Check(bench.Sleep(f.ctx, warmup))
	call()
	stop()
	late = time.AfterFunc(patience, func() { f.fail(fmt.Errorf("a message has not arrived within %v", patience)) })
	defer late.Stop()
	sending.Wait()
	for _, l := range f.lanes {
		for len(l.under) > 0 {
			f.run.Check(bench.Sleep(f.ctx, time.Millisecond))
		}
	}
}

// A spell is what a flow has used and moved in some time.
type spell struct {
	relayCPU, ownCPU, took time.Duration
	messages               int64
}

// observe measures a flow that is being sent.
func (f *flow) observe(relay int, during time.Duration) spell {
	before, messages, began := [2]time.Duration{f.run.CPUTime(relay), f.run.CPUTime(0)}, f.arrived.Load(), time.Now()
	f.run.Check(bench.Sleep(f.ctx, during))
	s := spell{relayCPU: f.run.CPUTime(relay) - before[0], ownCPU: f.run.CPUTime(0) - before[1]}
	s.messages, s.took = f.arrived.Load()-messages, time.Since(began)
	if s.messages == 0 {
		f.run.Fail("no message has arrived in %v", during)
	}
	return s
}

// rate returns the messages a second.
func (s spell) rate() float64 { return float64(s.messages) / s.took.Seconds() }

func (f *flow) close() {
	f.leave()
	f.fail(errors.New("the flow is closed"))
	f.hearing.Wait()
}
