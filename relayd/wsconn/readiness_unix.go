//go:build unix

package wsconn

import (
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// readiness does on a plain socket what a net.Conn cannot: wait for input without a buffer,
// read once for each event, and write without blocking. One goroutine reads. Writes happen
// under the connection's mu. The closures are made once, because each would be an allocation.
//
// Go's poller reports an edge: an event that comes while nothing waits is kept, and ends the
// next wait, but the beginning of a RawConn.Read forgets it. So all reads and all waits are
// made within one RawConn.Read for as long as possible. Each wait consumes the event before
// the next attempt reads. Bytes that arrive during the attempt or later make another event,
// which ends the next wait.
//
// So a read that is shorter than its buffer has taken all bytes of the event (epoll(7),
// question 9), with one exception: the event may have been for bytes and for the end of the
// stream behind them, which takes a second read. The type hangups handles that.
// (Urgent data also ends a read early. The bytes behind it are read with the next event, at
// the latest with the answer to a ping.)
type readiness struct {
	sink                    sink
	hangups                 *hangups // nil: the socket is not watched
	raw                     syscall.RawConn
	tcp                     *net.TCPConn // nil for a Unix socket
	secure                  *tls.Conn    // above the socket; nil without TLS
	attemptRead, attemptPut func(fd uintptr) bool

	// Owned by the reader.
	fd      int   // of the attempt
	emptied bool  // the attempt has read all bytes of the event
	err     error // of the attempt

	watch              // in hangups
	hungUp atomic.Bool // read again after a short read: the stream has ended, or the socket is not watched

	frame []byte
	put   int
	fault error
}

// newReadiness returns nil for a connection that is neither a plain socket nor TLS on a socket
// from ListenTLS or TLSSocket. h may be nil: every read is then followed by another.
func newReadiness(on net.Conn, s sink, h *hangups) *readiness {
	r := &readiness{sink: s, hangups: h}
	var socket syscall.Conn
	switch conn := on.(type) { // not a wrapper of one, which may read or write in its own way
	case *net.TCPConn:
		r.tcp, socket = conn, conn
	case *net.UnixConn:
		socket = conn
	case *tls.Conn:
		below, ok := conn.NetConn().(*tlsSocket)
		if !ok {
			return nil
		}
		r.tcp, r.secure, socket = below.TCPConn, conn, below
	default:
		return nil
	}
	var err error
	if r.raw, err = socket.SyscallConn(); err != nil {
		return nil
	}
	r.attemptRead, r.attemptPut = r.tryRead, r.tryPut
	if h == nil || !h.watch(r) { // after a true, note may have set hungUp
		r.hungUp.Store(true)
	}
	return r
}

// read waits for bytes and handles them, until an error or an unfinished frame.
func (r *readiness) read() error {
	r.err = nil
	if err := r.raw.Read(r.attemptRead); err != nil {
		return err
	}
	return r.err
}

// tryRead handles all bytes of an event. It returns false to wait for the next. It borrows
// memory only for the attempt.
func (r *readiness) tryRead(fd uintptr) bool {
	r.fd, r.emptied = int(fd), false
	for {
		m := chunks.Get().(*chunk)
		n, err := r.receive(m[:])
		if n == 0 && err == nil {
			err = io.EOF
		}
		if err != nil {
			chunks.Put(m)
			r.err = err
			return err != syscall.EAGAIN
		}
		if r.err = r.sink.handleRead(m[:n], m); r.err != nil || r.sink.isPartial() {
			return true
		}
		if r.emptied && r.secure == nil {
			return false
		}
		if r.sink.ended() {
			return true // the next wait returns the error
		}
	}
}

// receive reads bytes of the connection. It fails with EAGAIN if there are none.
func (r *readiness) receive(b []byte) (int, error) {
	if r.secure != nil {
		return r.decrypt(b)
	}
	return r.receiveRaw(b)
}

// receiveRaw reads from the socket, unless it has been emptied.
func (r *readiness) receiveRaw(b []byte) (int, error) {
	if r.emptied {
		return 0, syscall.EAGAIN
	}
	n, err := ignoringEINTR(readNow, r.fd, b)
	// Load hungUp after the read: a hangup that is not seen here makes another event.
	r.emptied = err == syscall.EAGAIN || n > 0 && n < len(b) && !r.hungUp.Load()
	return max(n, 0), err
}

// forWrites returns r if write may be used, nil if not.
func (r *readiness) forWrites() *readiness {
	if r == nil || r.secure != nil {
		return nil // a TLS record that is written in part breaks the connection
	}
	return r
}

// write returns how many bytes of the frame the socket took: all, some, or none. It never
// blocks.
func (r *readiness) write(frame []byte) (int, error) {
	r.frame = frame
	err := r.raw.Write(r.attemptPut)
	r.frame = nil
	if err != nil {
		return 0, err
	}
	if r.fault == syscall.EAGAIN {
		return 0, nil
	}
	return max(r.put, 0), r.fault
}

func (r *readiness) tryPut(fd uintptr) bool {
	r.put, r.fault = ignoringEINTR(writeNow, int(fd), r.frame)
	return true // false would wait
}

func ignoringEINTR(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		n, err := call(fd, p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}
