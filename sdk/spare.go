package sdk

import "context"

func (p *peer) stands() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current != nil && p.current.lives() && p.current.direct.stands()
}

func (p *plain) stands() bool { return false }

// stands reports whether there is a direct path to one of the clients. At the relay newcomers
// find a listener, so it does not rest.
func (l *Listener) stands() bool {
	for _, client := range l.everyone() {
		if client.stands() {
			return true
		}
	}
	return false
}

// rest waits until the direct path is not up, or for the end of ctx.
func (p *peer) rest(ctx context.Context) {
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
