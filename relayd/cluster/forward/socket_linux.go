package forward

import (
	"net"

	"golang.org/x/sys/unix"
)

// limitUnacknowledged ends a connection whose bytes the other machine does not acknowledge in time.
func limitUnacknowledged(tcp *net.TCPConn) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unacknowledgedWithin.Milliseconds()))
	})
}
