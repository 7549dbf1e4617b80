package rtc

import (
	"context"
	"sync"
	"time"
)

// track notes an open channel, so that Close can end it.
func (p *Peer) track(ch *Channel) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ending(); err != nil {
		return err
	}
	select {
	case <-ch.over:
	default:
		ch.ctx = p.ctx
		p.channels[ch] = struct{}{}
	}
	return nil
}

func (p *Peer) forget(ch *Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.channels, ch)
}

// fail ends the direct path and every channel on it. Only the first reason counts.
func (p *Peer) fail(err error) {
	for _, ch := range p.finish(err) {
		ch.cut(err)
	}
}

// Refused ends the direct path because the other peer has no place for it.
func (p *Peer) Refused() { p.fail(&ICEError{Cause: CauseBusy, There: true}) }

// finish ends the direct path, gives its place of the Pool back and wakes all who wait for
// channels. The platform's connection is closed, unless a channel on it may have something to
// read. It returns the open channels, or nil if the path was over before.
func (p *Peer) finish(err error) []*Channel {
	p.mu.Lock()
	if p.err != nil {
		p.mu.Unlock()
		return nil
	}
	p.err = err
	close(p.over)
	p.changePath()
	p.accepted.Close(err)
	channels := p.open()
	p.free()
	if _, failed := err.(*ICEError); p.pc != nil && (failed || err == ErrPathClosed && len(channels) == 0) {
		p.farewell = time.AfterFunc(tellWithin, p.pc.shut) // when the other peer was told
	}
	p.mu.Unlock()
	p.tellLink(LinkOver)
	return channels
}

// open lists the channels. The caller holds mu.
func (p *Peer) open() []*Channel {
	channels := make([]*Channel, 0, len(p.channels))
	for ch := range p.channels {
		channels = append(channels, ch)
	}
	return channels
}

// reason returns why the path is over or about to be, or nil.
func (p *Peer) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ending()
}

// ending is reason for a caller that holds mu.
func (p *Peer) ending() error {
	if p.err == nil && p.closed {
		return ErrClosed
	}
	return p.err
}

func (p *Peer) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// Drain closes every channel after everything sent on it has reached the other peer's
// machine. It takes about ten seconds at most, and ends with ctx. No channel opens after
// it.
func (p *Peer) Drain(ctx context.Context) {
	stop := context.AfterFunc(ctx, p.cancel)
	defer stop()
	p.draining.Do(p.drain)
}

func (p *Peer) drain() {
	p.mu.Lock()
	p.closed = true
	channels := p.open()
	p.mu.Unlock()
	p.accepted.Close(ErrClosed)
	p.accepted.Drain()
	var all sync.WaitGroup
	for _, ch := range channels {
		all.Go(func() { _ = ch.Close() })
	}
	all.Wait()
}

// Close drains, ends the connection and waits for the Peer's goroutines. Later calls do
// nothing.
func (p *Peer) Close() error { return p.CloseContext(context.Background()) }

// CloseContext is Close, but stops draining when ctx ends.
func (p *Peer) CloseContext(ctx context.Context) error {
	p.Drain(ctx)
	p.closing.Do(func() {
		p.fail(ErrClosed)
		p.mu.Lock()
		p.cancel() // from here on wake starts nothing
		p.mu.Unlock()
		p.work.Close(ErrClosed)
		p.running.Wait()
		p.unwatch()
		p.mu.Lock()
		if p.farewell != nil {
			p.farewell.Stop()
		}
		p.mu.Unlock()
		if p.pc != nil { // no new one can be made now
			p.pc.close()
		}
	})
	return nil
}
