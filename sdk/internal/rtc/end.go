package rtc

import (
	"context"
	"sync"
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

// finish ends the direct path, so that nobody waits for new channels. It returns
// those that are open, or nothing if the path was over before.
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

// reason says why the path is over, or about to be, or nil.
func (p *Peer) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ending()
}

// ending is reason for a caller who holds mu.
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

// Drain closes every channel, after what was sent on them has reached the other
// peer's machine. It takes some ten seconds at most, and no longer than ctx allows. No
// channel opens after it.
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

// Close drains, ends the connection and waits for everything that the Peer has
// started. Every call after the first does nothing.
func (p *Peer) Close() error { return p.CloseContext(context.Background()) }

// CloseContext is Close, but drains only as long as ctx allows.
func (p *Peer) CloseContext(ctx context.Context) error {
	p.Drain(ctx)
	p.closing.Do(func() {
		p.fail(ErrClosed)
		p.mu.Lock()
		p.cancel() // wake starts nothing from here on
		p.mu.Unlock()
		p.work.Close(ErrClosed)
		p.running.Wait()
		p.unwatch()
		p.mu.Lock()
		if p.farewell != nil {
			p.farewell.Stop()
		}
		p.mu.Unlock()
		if p.pc != nil { // nobody makes one any more
			p.pc.close()
		}
		p.mu.Lock()
		p.free()
		p.mu.Unlock()
	})
	return nil
}
