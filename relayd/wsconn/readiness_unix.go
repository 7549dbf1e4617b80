//go:build unix

package wsconn

import (
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// readiness is what a plain socket can do and a net.Conn cannot: wait without memory set
// aside, read once for each event, and write without waiting. One goroutine reads. Writes
// are made under the connection's mu. The closures are made once, because a closure for each
// call would be an allocation for each.
//
// Go's poller reports an edge: an event that comes while nothing waits is kept, and ends the
// next wait, but the beginning of a RawConn.Read forgets it. So all reads and all waits are
// made within one RawConn.Read for as long as possible. Each wait consumes the event before
// the attempt behind it reads. What comes during the attempt or later is another event, which
// ends the next wait.
//
// A read that is shorter than its buffer has therefore taken all that the event was for
// (epoll(7), question 9), with one exception: the event may have been for bytes and for the
// end of the stream behind them, which takes a second read. The socket's hangup tells.
// (Urgent data also ends a read early. What follows it is read with what comes next, at the
// latest with the answer to a ping.)
type readiness struct {
	conn                    *Conn
	raw                     syscall.RawConn
	tcp                     *net.TCPConn // nil for a Unix socket
	secure                  *tls.Conn    // above the socket; nil without TLS
	attemptRead, attemptPut func(fd uintptr) bool

	// Owned by the reader.
	fd      int   // of the attempt
	emptied bool  // the attempt has read all that came before it
	err     error // of the attempt

	hangup
	hungUp atomic.Bool // a short read is not the end: the peer has hung up, or the socket is not watched

	frame []byte
	put   int
	fault error
}

// newReadiness returns nil for a connection that is neither a plain socket nor one
// of ListenTLS.
func newReadiness(c *Conn) *readiness {
	r := &readiness{conn: c}
	var socket syscall.Conn
	switch conn := c.socket.(type) { // and nothing that wraps one, for it may read or write otherwise
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
	if !c.group.hangups.watch(r) { // once it watches, it may have noted the end
		r.hungUp.Store(true)
	}
	return r
}

// read waits for what comes and handles it, until an error or a frame whose end has not come.
func (r *readiness) read() error {
	r.err = nil
	if err := r.raw.Read(r.attemptRead); err != nil {
		return err
	}
	return r.err
}

// tryRead handles all that has come. It returns false to wait for more. It borrows memory for
// the attempt alone.
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
		if r.err = r.conn.took(m[:n], m); r.err != nil || len(r.conn.in.partial) > 0 {
			return true
		}
		if r.emptied && r.secure == nil {
			return false
		}
		if r.conn.ended() {
			return true // the next wait says why
		}
	}
}

// receive reads what has come of the connection's bytes. It fails with EAGAIN if there is nothing.
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
	// The order counts: a hangup that is not seen here makes another event.
	r.emptied = err == syscall.EAGAIN || n > 0 && n < len(b) && !r.hungUp.Load()
	return max(n, 0), err
}

// forWrites is the same where bytes can go to the socket as they are.
func (r *readiness) forWrites() *readiness {
	if r == nil || r.secure != nil {
		return nil // a TLS connection is broken by a record that was written in part
	}
	return r
}

// write gives how much of the frame the socket took: all, a part, or nothing.
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
	return true // in every case: false would wait
}

func ignoringEINTR(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		n, err := call(fd, p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}
