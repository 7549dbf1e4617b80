package virtual

import (
	"net"
	"time"
)

// wait waits for a change, or a moment. Time alone changes nothing otherwise.
func (p *pipe) wait(side int, until time.Time) {
	alarm := p.alarm[side]
	switch {
	case until.IsZero():
	case alarm == nil:
		p.alarm[side] = time.AfterFunc(time.Until(until), p.wake)
	default:
		alarm.Reset(time.Until(until))
	}
	p.turn.Wait()
}

func (p *pipe) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn.Broadcast()
}

func past(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// failure is an error as package net makes it: the relay tells a broken connection from a
// peer that breaks the framing by its type.
func failure(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: address{}, Addr: address{}, Err: err}
}
