package chaos

import (
	"context"
	"time"
)

// SetFaults says what every connection from now on has to suffer. Those that are there
// keep what they have.
func (p *Proxy) SetFaults(f Faults) { p.Plan(func(int) Faults { return f }) }

// Plan says it for each by its number: 0 is the first that the proxy accepted. The
// function is called with a lock held, so it must not call the proxy.
func (p *Proxy) Plan(faults func(n int) Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = faults
}

// SetRefuse resets new connections as they come, until it is called with false: the
// network, or the relay, is not there.
func (p *Proxy) SetRefuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
}

// CutAll cuts every connection now, and tells how many. Silent ones count again only
// when they are cut in another way.
func (p *Proxy) CutAll(by Kind) int {
	cut := 0
	for _, c := range p.list() {
		if c.cut(by) {
			cut++
		}
	}
	return cut
}

// StallAll holds every connection back in both directions for a while, from now on.
// Nothing is lost.
func (p *Proxy) StallAll(d time.Duration) {
	until := time.Now().Add(d)
	for _, c := range p.list() {
		c.stall(until)
	}
}

func (p *Proxy) list() []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*conn, 0, len(p.live))
	for c := range p.live {
		all = append(all, c)
	}
	return all
}

// Conns counts the connections that carry something: not the silent ones.
func (p *Proxy) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for c := range p.live {
		if !c.isCut() {
			n++
		}
	}
	return n
}

// Accepted counts the connections that there have been: the next one's number.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Refused counts the connections that were not admitted.
func (p *Proxy) Refused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// Traffic says how many bytes have passed through connection n, each way. It knows the
// last 4096.
func (p *Proxy) Traffic(n int) (up, down int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.traffic[n]; c != nil {
		return c.up.passed.Load(), c.down.passed.Load()
	}
	return 0, 0
}

// Wait waits until at least n connections have been accepted and no more than most of
// them still have sockets.
func (p *Proxy) Wait(ctx context.Context, n, most int) error {
	for {
		p.mu.Lock()
		done, changed := p.accepted >= n && len(p.live) <= most, p.changed
		p.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}
