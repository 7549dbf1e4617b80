//go:build unix

package relay

import (
	"net"
	"syscall"
)

// nonblocking writes to a socket what it takes at once. It is used under the
// outbox's lock, so one set of fields serves every write without allocation.
type nonblocking struct {
	raw     syscall.RawConn
	attempt func(fd uintptr) bool // made once: a closure for each write would be an allocation for each

	frame []byte
	n     int
	err   error
}

// newNonblocking gives nil for a connection that is no plain socket, such as
// one with TLS: its frames all go through the queue.
func newNonblocking(conn net.Conn) *nonblocking {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	w := &nonblocking{raw: raw}
	w.attempt = func(fd uintptr) bool {
		for {
			w.n, w.err = syscall.Write(int(fd), w.frame)
			if w.err != syscall.EINTR {
				return true // in every case: false would wait
			}
		}
	}
	return w
}

// write gives how much of the frame the socket took: all, a part, or nothing.
func (w *nonblocking) write(frame []byte) (int, error) {
	w.frame = frame
	err := w.raw.Write(w.attempt)
	w.frame = nil
	if err != nil {
		return 0, err
	}
	if w.err == syscall.EAGAIN {
		return 0, nil
	}
	return max(w.n, 0), w.err
}
