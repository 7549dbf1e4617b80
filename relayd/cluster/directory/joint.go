package directory

import (
	"context"
	"sync"
)

// A joint runs one call for all callers that come before it begins, and one call at a time. So
// any number of callers wait for two calls at most.
type joint struct {
	turn chan struct{} // has one element while a call runs

	mu   sync.Mutex
	next *call // guarded by mu: has not begun; nil if none waits
}

type call struct {
	done chan struct{}
	err  error // static after done
}

func newJoint() *joint { return &joint{turn: make(chan struct{}, 1)} }

// do returns the outcome of a call of f that begins after do. It is bounded by the context of the
// first caller that waits for it.
func (j *joint) do(ctx context.Context, f func() error) error {
	j.mu.Lock()
	c := j.next
	first := c == nil
	if first {
		c = &call{done: make(chan struct{})}
		j.next = c
	}
	j.mu.Unlock()
	if !first {
		select {
		case <-c.done:
			return c.err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	defer close(c.done)
	select {
	case j.turn <- struct{}{}:
		defer func() { <-j.turn }()
	case <-ctx.Done():
		c.err = context.Cause(ctx)
	}
	j.mu.Lock()
	j.next = nil
	j.mu.Unlock()
	if c.err == nil {
		c.err = f()
	}
	return c.err
}
