//go:build linux

package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/e2e/cmd/internal/progress"
)

// patience bounds every wait for what a relay does at once.
const patience = 10 * time.Second

// A loop drives peers, all in the goroutine that calls it.
type loop struct {
	ctx    context.Context
	live   *progress.Line
	target *target

	epoll  int
	events [256]unix.EpollEvent
	buf    [256 << 10]byte // what every read goes into
	peers  []*peer         // by file descriptor

	now      time.Time // as of the last read
	greeting int       // peers that wait for their HELLO
}

func newLoop(b *bench, t *target) (*loop, error) {
	if err := b.cores.pinLoad(); err != nil {
		return nil, err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot make an epoll: %w", err)
	}
	return &loop{ctx: b.Ctx, live: b.Live, target: t, epoll: epoll, now: time.Now()}, nil
}

// close cuts every connection.
func (l *loop) close() {
	for _, p := range l.peers {
		if p != nil {
			p.cut()
		}
	}
	_ = unix.Close(l.epoll)
}

// add begins to read from the peer.
func (l *loop) add(p *peer) error {
	for len(l.peers) <= p.fd {
		l.peers = append(l.peers, make([]*peer, len(l.peers)+64)...)
	}
	l.peers[p.fd] = p
	return l.watch(p, unix.EPOLL_CTL_ADD, unix.EPOLLIN)
}

func (l *loop) watch(p *peer, operation int, events uint32) error {
	if err := unix.EpollCtl(l.epoll, operation, p.fd, &unix.EpollEvent{Events: events, Fd: int32(p.fd)}); err != nil {
		return fmt.Errorf("cannot watch a connection: %w", err)
	}
	return nil
}

// step handles what is there, or waits for it, and no longer than it is told.
// Below a millisecond it does not wait, so that what is due is never late.
func (l *loop) step(wait time.Duration) error {
	if l.ctx.Err() != nil {
		return command.ErrInterrupted
	}
	l.now = time.Now()
	l.live.Tick(l.now)
	n, err := unix.EpollWait(l.epoll, l.events[:], int(max(0, min(wait, 100*time.Millisecond)).Milliseconds()))
	if err != nil && err != syscall.EINTR {
		return fmt.Errorf("cannot wait for messages: %w", err)
	}
	l.now = time.Now()
	for _, event := range l.events[:max(n, 0)] {
		p := l.peers[event.Fd]
		if p == nil { // left during this step
			continue
		}
		if event.Events&unix.EPOLLOUT != 0 {
			if err := p.flush(); err != nil {
				return err
			}
		}
		if event.Events&^unix.EPOLLOUT != 0 {
			if err := p.read(); err != nil {
				return err
			}
		}
	}
	return nil
}

// during handles what comes for a while.
func (l *loop) during(d time.Duration) error {
	l.now = time.Now()
	for end := l.now.Add(d); l.now.Before(end); {
		if err := l.step(end.Sub(l.now)); err != nil {
			return err
		}
	}
	return nil
}

// until waits for something that should be soon.
func (l *loop) until(what string, done func() bool) error {
	for late := time.Now().Add(patience); !done(); {
		if l.now.After(late) {
			return fmt.Errorf("waited %v for %s, in vain", patience, what)
		}
		if err := l.step(patience); err != nil {
			return err
		}
	}
	return nil
}

// openAll calls open, which opens the i-th peer, n times. No more than so many
// peers at a time wait for their HELLO, and in the end none does.
func (l *loop) openAll(n, parallel int, open func(i int) error) error {
	for i := range n {
		if err := open(i); err != nil {
			return err
		}
		if err := l.until("HELLO", func() bool { return l.greeting < parallel }); err != nil {
			return err
		}
	}
	return l.until("HELLO", func() bool { return l.greeting == 0 })
}
