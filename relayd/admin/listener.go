package admin

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
)

// spares are file descriptors reserved for the operator, for when peers have
// used up all others.
const spares = 8

// A listener gives up a spare descriptor when there is none left to accept with, and takes
// another one when a connection ends.
type listener struct {
	net.Listener

	mu     sync.Mutex
	spare  []*os.File // guarded by mu
	closed bool       // guarded by mu
}

// Keep returns a listener that can accept some connections when the process is out of file
// descriptors.
func Keep(l net.Listener) net.Listener {
	spared := &listener{Listener: l}
	spared.refill()
	return spared
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		switch {
		case err == nil:
			return &kept{Conn: conn, ended: sync.OnceFunc(l.refill)}, nil
		case !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE), !l.giveUp():
			return nil, err
		}
	}
}

func (l *listener) giveUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := len(l.spare) - 1
	if last < 0 {
		return false
	}
	_ = l.spare[last].Close()
	l.spare = l.spare[:last]
	return true
}

func (l *listener) refill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && len(l.spare) < spares {
		file, err := os.Open(os.DevNull)
		if err != nil {
			return
		}
		l.spare = append(l.spare, file)
	}
}

// Close releases the spare descriptors.
func (l *listener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	for l.giveUp() {
	}
	return err
}

type kept struct {
	net.Conn
	ended func()
}

func (c *kept) Close() error {
	err := c.Conn.Close()
	c.ended()
	return err
}
