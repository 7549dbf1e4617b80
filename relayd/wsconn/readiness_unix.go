//go:build unix

package wsconn

import (
	"crypto/tls"
	"io"
	"net"
	"syscall"
)

// readiness is what a plain socket can do and a net.Conn cannot: read without
// memory set aside while nothing comes, and write without waiting. One goroutine
// reads; writes are made under the connection's mu. The closures are made once: a
// closure for each call would be an allocation for each.
type readiness struct {
	raw                     syscall.RawConn
	recv                    func(fd int, b []byte) (int, error) // the socket's, or what is like it
	attemptRead, attemptPut func(fd uintptr) bool

	borrowed *chunk // what attemptRead has read into
	n        int
	err      error

	frame []byte
	put   int
	fault error
}

// newReadiness gives nil for a connection that is neither a plain socket nor one
// of ListenTLS.
func newReadiness(conn net.Conn) *readiness {
	var socket syscall.Conn
	read := readNow
	switch conn := conn.(type) { // and nothing that wraps one, for it may read or write otherwise
	case *net.TCPConn:
		socket = conn
	case *net.UnixConn:
		socket = conn
	case *tls.Conn:
		below, ok := conn.NetConn().(*tlsSocket)
		if !ok {
			return nil
		}
		socket, read = below, (&tlsReads{conn, below}).read
	default:
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	r := &readiness{raw: raw, recv: read}
	r.attemptRead, r.attemptPut = r.tryRead, r.tryPut
	return r
}

// read waits until something comes and gives it in borrowed memory.
func (r *readiness) read() (*chunk, int, error) {
	if err := r.raw.Read(r.attemptRead); err != nil {
		return nil, 0, err
	}
	m := r.borrowed
	r.borrowed = nil // or an idle peer would keep it from the collector
	return m, r.n, r.err
}

// tryRead borrows memory for the attempt alone: where nothing has come, it is
// given back before the wait.
func (r *readiness) tryRead(fd uintptr) bool {
	m := chunks.Get().(*chunk)
	n, err := ignoringEINTR(r.recv, int(fd), m[:])
	if err == syscall.EAGAIN {
		chunks.Put(m)
		return false
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	if err != nil {
		chunks.Put(m)
		m = nil
	}
	r.borrowed, r.n, r.err = m, n, err
	return true
}

// forWrites is the same where bytes can go to the socket as they are.
func (r *readiness) forWrites(conn net.Conn) *readiness {
	if _, ok := conn.(*tls.Conn); ok {
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
