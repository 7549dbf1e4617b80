//go:build linux

package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// stalledAfter is how long nothing may arrive before a flow counts as stuck.
const stalledAfter = 15 * time.Second

// run sends for a while to warm up and then for as long as measure takes. In the end
// nobody sends, and nothing is under way if there is a window.
func (f *flow) run(warmup time.Duration, measure func() error) error {
	ctx, stop := context.WithCancel(f.ctx)
	said := make(chan struct{})
	var saying sync.WaitGroup
	for i, p := range f.pairs {
		saying.Go(func() { f.say(ctx, p.client, f.credits[i]) })
	}
	go func() {
		defer close(said)
		saying.Wait()
	}()
	err := f.wait(warmup)
	if err == nil {
		err = measure()
	}
	stop()
	if err == nil {
		err = f.settle(said)
	}
	if err != nil {
		f.end() // a Send may wait for ever
	}
	<-said
	return err
}

// wait lets the flow go on for a while.
func (f *flow) wait(d time.Duration) error {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
	case <-f.ctx.Done():
	}
	return f.failure()
}

// settle waits until the last Send has returned, and with a window until every message
// has arrived: for as long as some still do.
func (f *flow) settle(said <-chan struct{}) error {
	before, since := f.arrived.Load(), time.Now()
	for !f.quiet(said) {
		if err := f.wait(time.Millisecond); err != nil {
			return err
		}
		if now := f.arrived.Load(); now != before {
			before, since = now, time.Now()
		} else if time.Since(since) > stalledAfter {
			return fmt.Errorf("messages that were sent have not arrived %v after the last one", stalledAfter)
		}
	}
	return nil
}

func (f *flow) quiet(said <-chan struct{}) bool {
	select {
	case <-said:
	default:
		return false
	}
	for _, credit := range f.credits {
		if len(credit) < f.window {
			return false
		}
	}
	return true
}
