package sdk

import "context"

// Stands reports whether there is a direct path to the peer, even a suspect one (W7).
func (p *peer) Stands() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current != nil && p.current.lives() && p.current.direct.stands()
}

// Rest waits until the direct path is not up, or for the end of ctx.
func (p *peer) Rest(ctx context.Context) {
	for {
		up, turned := p.isUp()
		if !up {
			return
		}
		select {
		case <-turned:
		case <-ctx.Done():
			return
		}
	}
}

func (p *peer) isUp() (up bool, turned <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return false, nil
	}
	return p.current.direct.up, p.current.turned.wait()
}

// Stands returns false, because a plain Conn has no path but the relay.
func (p *plain) Stands() bool { return false }

// Rest does nothing.
func (p *plain) Rest(context.Context) {}

// Stands reports whether there is a direct path to one of the clients.
func (l *Listener) Stands() bool {
	for _, client := range l.everyone() {
		if client.Stands() {
			return true
		}
	}
	return false
}

// Rest does nothing: newcomers find a listener at the relay only.
func (l *Listener) Rest(context.Context) {}
