package rtc

import "context"

// Path is the state of the direct path and its last problem.
type Path struct {
	State PathState

	// Problem is a sentence about what has failed so far, or "". The path may still come
	// up.
	Problem string
}

// PathState is a state of the direct path.
type PathState string

const (
	PathIdle     PathState = "idle"     // not used yet
	PathAsking   PathState = "asking"   // the other peer has not described itself yet
	PathChecking PathState = "checking" // ICE checks addresses
	PathUp       PathState = "up"       // connected, and not over; link.Health knows whether it works just now
	PathOver     PathState = "over"     // it has failed or ended; final
)

// Path returns the state of the direct path.
func (p *Peer) Path() Path {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.path()
}

// WaitPath waits until the state of the direct path differs from from, and returns it. The
// error is ctx.Err().
func (p *Peer) WaitPath(ctx context.Context, from Path) (Path, error) {
	for {
		now, changed := p.WatchPath()
		if now != from {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}

// WatchPath returns how the direct path stands, and a channel that is closed when that may
// have changed.
func (p *Peer) WatchPath() (now Path, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pathChanged == nil {
		p.pathChanged = make(chan struct{})
	}
	return p.path(), p.pathChanged
}

// path is Path for a caller who holds mu.
func (p *Peer) path() Path {
	path := Path{State: PathIdle}
	switch {
	case p.err != nil:
		path.State = PathOver
		if _, failed := p.err.(*ICEError); failed {
			path.Problem = p.err.Error()
		}
		return path
	case p.isUp:
		path.State = PathUp
		return path
	case p.described:
		path.State = PathChecking
	case p.pc != nil:
		path.State = PathAsking
	}
	if cause, there := p.candidates.turn(); cause != "" {
		e := ICEError{Cause: cause, There: there, Servers: p.candidates.servers}
		path.Problem = e.problem()
	}
	return path
}

// changePath wakes WaitPath. The caller holds mu.
func (p *Peer) changePath() {
	if p.pathChanged != nil {
		close(p.pathChanged)
		p.pathChanged = nil
	}
}
