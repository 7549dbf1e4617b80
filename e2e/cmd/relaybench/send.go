//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// write sends b; what the socket does not take waits until it does.
func (p *peer) write(b []byte) error {
	if len(p.unsent) > 0 {
		p.unsent = append(p.unsent, b...)
		return nil
	}
	n, err := p.send(b)
	if err != nil || n == len(b) {
		return err
	}
	p.unsent = append(p.unsent, b[n:]...)
	return p.loop.watch(p, unix.EPOLL_CTL_MOD, unix.EPOLLIN|unix.EPOLLOUT)
}

// flush goes on with what the socket did not take.
func (p *peer) flush() error {
	n, err := p.send(p.unsent)
	if err != nil {
		return err
	}
	if p.unsent = append(p.unsent[:0], p.unsent[n:]...); len(p.unsent) > 0 {
		return nil
	}
	return p.loop.watch(p, unix.EPOLL_CTL_MOD, unix.EPOLLIN)
}

func (p *peer) send(b []byte) (int, error) {
	n, errno := rawWrite(p.fd, b)
	switch errno {
	case 0:
		return n, nil
	case syscall.EAGAIN, syscall.EINTR:
		return 0, nil
	}
	return 0, fmt.Errorf("a connection broke: %w", errno)
}

// writeTimes sends a frame so many times.
func (p *peer) writeTimes(c copies, times int) error {
	for bytes := times * c.size; bytes > 0; bytes -= len(c.bytes) {
		if err := p.write(c.bytes[:min(bytes, len(c.bytes))]); err != nil {
			return err
		}
	}
	return nil
}

// leave begins to close the connection.
func (p *peer) leave() error {
	p.stage = leaving
	return p.write(appendFrame(nil, opClose, binary.BigEndian.AppendUint16(nil, 1000)))
}
