//go:build linux

package main

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// dialer makes connections to one address, each from a source address of its
// own where that is possible, so that ports do not run out.
type dialer struct {
	to   netip.AddrPort
	made uint32
}

// dial connects, within five seconds, and gives a socket that does not block.
func (d *dialer) dial() (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("cannot make a socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
			fd, err = -1, fmt.Errorf("cannot connect to %v: %w", d.to, err)
		}
	}()
	if err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		return
	}
	if err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return
	}
	if d.to.Addr().IsLoopback() {
		// The port is chosen when it connects, among those that are free for this
		// pair of addresses.
		if err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return
		}
		if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: d.source()}); err != nil {
			return
		}
	}
	if err = connect(fd, &unix.SockaddrInet4{Addr: d.to.Addr().As4(), Port: int(d.to.Port())}); err != nil {
		return
	}
	err = unix.SetNonblock(fd, true)
	return
}

// connect goes on after a signal, which interrupts the wait and not the connection
// (POSIX, connect).
func connect(fd int, to unix.Sockaddr) error {
	err := unix.Connect(fd, to)
	if err != unix.EINTR {
		return err
	}
	n := 0
	for err == unix.EINTR {
		n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 5000)
	}
	switch failed, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); {
	case err != nil:
		return err
	case n == 0:
		return unix.ETIMEDOUT
	case failed != 0:
		return syscall.Errno(failed)
	}
	return nil
}

// source gives the next of 127.0.0.1 to 127.255.255.254.
func (d *dialer) source() [4]byte {
	n := d.made%(1<<24-2) + 1
	d.made++
	return [4]byte{127, byte(n >> 16), byte(n >> 8), byte(n)}
}

// resolve finds the IPv4 address of host:port.
func resolve(hostport string) (netip.AddrPort, error) {
	a, err := net.ResolveTCPAddr("tcp4", hostport)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s has no IPv4 address here: %w", hostport, err)
	}
	to := a.AddrPort()
	return netip.AddrPortFrom(to.Addr().Unmap(), to.Port()), nil
}
