//go:build linux

package main

import (
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// forwarderMode is the argument with which this program starts itself as the forwarder.
const forwarderMode = "forward-bytes"

// forward joins each pair of successive connections until the load ends. The sockets block,
// which is safe because the load always reads.
func forward([]string) error {
	const listener = 3 // inherited
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	watch := func(fd int) error {
		return unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
	}
	if err := watch(listener); err != nil {
		return err
	}
	var (
		events [256]unix.EpollEvent
		buf    [64 << 10]byte
		other  [1 << 20]int32 // of each joined connection, by file descriptor
		alone  int            // a connection that waits for its partner, or 0
	)
	for {
		const forever = ^uintptr(0)
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(&events)), uintptr(len(events)), forever, 0, 0)
		if errno != 0 {
			n = 0
		}
		for _, event := range events[:n] {
			if event.Fd != listener {
				n, _ := rawRead(int(event.Fd), buf[:])
				if n <= 0 {
					return io.EOF
				}
				for b := buf[:n]; len(b) > 0; b = b[n:] {
					if n, errno = rawWrite(int(other[event.Fd]), b); errno != 0 {
						return errno
					}
				}
				continue
			}
			fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
			if err == nil {
				err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
			}
			if err == nil && alone != 0 {
				other[alone], other[fd] = int32(fd), int32(alone)
				err = errors.Join(watch(alone), watch(fd))
				fd = 0
			}
			if alone = fd; err != nil {
				return err
			}
		}
	}
}
