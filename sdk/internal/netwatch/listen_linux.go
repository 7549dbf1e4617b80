package netwatch

import (
	"context"
	"os"
	"sync"
	"syscall"
)

// listen rings when the kernel says that an address has come or gone (rtnetlink(7)), from now
// until ctx ends; then wait waits for its goroutine. Android forbids it to programs: there it polls.
func listen(ctx context.Context) (rings <-chan struct{}, wait func()) {
	bell := make(chan struct{}, 1)
	socket := netlink()
	var running sync.WaitGroup
	running.Go(func() {
		if socket != nil {
			stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
			read(socket, bell)
			stop()
			_ = socket.Close()
		}
		poll(ctx, bell)
	})
	return bell, running.Wait
}

// netlink returns a socket on which the kernel sends each change of an address, or nil.
func netlink() *os.File {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, syscall.NETLINK_ROUTE)
	if err != nil {
		return nil
	}
	const groups = 1<<(syscall.RTNLGRP_IPV4_IFADDR-1) | 1<<(syscall.RTNLGRP_IPV6_IFADDR-1)
	if err := syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK, Groups: groups}); err != nil {
		_ = syscall.Close(fd)
		return nil
	}
	return os.NewFile(uintptr(fd), "netlink")
}

// read rings for each message, whatever it says, until the socket is closed.
func read(socket *os.File, bell chan<- struct{}) {
	scratch := make([]byte, 4096)
	for {
		_, err := socket.Read(scratch)
		if pathError, ok := err.(*os.PathError); ok && pathError.Err == syscall.ENOBUFS {
			err = nil // some messages are lost, which is one more
		}
		if err != nil {
			return
		}
		ring(bell)
	}
}
