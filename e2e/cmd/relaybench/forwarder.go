//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwarderMode is the argument with which this program starts itself as the
// forwarder.
const forwarderMode = "forward-bytes"

// forwarder starts the forwarder as a process of its own.
func (b *bench) forwarder(*settings) (*target, error) {
	child, to, err := b.startSelf([]string{forwarderMode}, "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	if err != nil {
		return nil, err
	}
	return &target{dialer: dialer{to: to}, bare: true, pid: child.PID(), child: child}, nil
}

// forwarderMain is the forwarder's process. It runs until it is killed.
func forwarderMain(_ []string, _, stderr io.Writer) int {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	if err := forward(inheritedSocket); err != nil {
		fmt.Fprintln(stderr, "relaybench: the forwarder:", err)
	}
	return 1
}

// forward gives each connection what comes from its other, until the load goes.
// The sockets block: one that takes no more is waited for, since the load always
// reads.
func forward(listener int) error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	p := pairing{epoll: epoll, alone: -1}
	if err := p.watch(listener); err != nil {
		return err
	}
	var (
		events [256]unix.EpollEvent
		buf    [64 << 10]byte
	)
	for {
		n, errno := rawEpollWait(epoll, events[:])
		if errno != 0 && errno != syscall.EINTR {
			return errno
		}
		for _, event := range events[:max(n, 0)] {
			fd := int(event.Fd)
			if fd == listener {
				if err := p.accept(listener); err != nil {
					return err
				}
				continue
			}
			n, _ := rawRead(fd, buf[:])
			if n <= 0 {
				return nil
			}
			if err := writeAll(p.other[fd], buf[:n]); err != nil {
				return err
			}
		}
	}
}

// A pairing joins the first connection with the second, the third with the
// fourth and so on.
type pairing struct {
	epoll int
	other []int // of each joined connection, by file descriptor
	alone int   // a connection that waits for its other, or -1
}

func (p *pairing) accept(listener int) error {
	fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	if p.alone < 0 {
		p.alone = fd
		return nil
	}
	first := p.alone
	p.other = append(p.other, make([]int, max(0, max(fd, first)+1-len(p.other)))...)
	p.other[first], p.other[fd], p.alone = fd, first, -1
	return errors.Join(p.watch(first), p.watch(fd))
}

func (p *pairing) watch(fd int) error {
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, errno := rawWrite(fd, b)
		if errno != 0 {
			return errno
		}
		b = b[n:]
	}
	return nil
}
