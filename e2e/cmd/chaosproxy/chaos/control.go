package chaos

import (
	"context"
	"time"
)

// SetFaults sets the faults of every new connection. Existing connections keep theirs.
func (p *Proxy) SetFaults(f Faults) { p.Plan(func(int) Faults { return f }) }

// Plan sets a function that returns the faults of each new connection by its number: 0 is the
// first that the proxy accepted. The function is called with a lock held, so it must not call
// the proxy.
func (p *Proxy) Plan(faults func(n int) Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = faults
}

// SetRefuse sets whether new connections are reset, as if the relay or the network were down.
func (p *Proxy) SetRefuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
}

// CutAll cuts every connection now, and returns their number. Silent ones count again only if
// they are cut in another way.
func (p *Proxy) CutAll(by Kind) int {
	cut := 0
	for _, c := range p.list() {
		if c.cut(by) {
			cut++
		}
	}
	return cut
}

// StallAll blocks every connection in both directions for d. Nothing is lost.
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

// Conns returns the number of connections that are not silent.
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

// Accepted returns how many connections were accepted so far: the next connection's number.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Refused returns how many connections were refused.
func (p *Proxy) Refused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// Traffic returns how many bytes have passed through connection n each way. It knows the last
// 4096 connections.
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
