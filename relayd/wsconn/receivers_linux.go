package wsconn

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Receivers pass on what many connections receive. A plain socket, or TLS on a socket of
// [ListenTLS] or [TLSSocket], has neither memory nor a goroutine once it has been idle for a while.
type Receivers struct {
	// IdleAfter is how long a connection keeps its goroutine while nothing comes. The next bytes
	// then cost a few microseconds more.
	IdleAfter time.Duration

	idle watches
}

// A receiver is one connection.
type receiver struct {
	of    *Receivers
	conn  net.Conn
	ended func(error)

	mu    sync.Mutex // held by the goroutine that reads
	ready *readiness // guarded by mu
	came  bool       // guarded by mu: bytes have come
	fault error      // guarded by mu: of the handler, perhaps the timeout of a write
	watch            // in idle; guarded by mu
}

const incomes = syscall.EPOLLIN | syscall.EPOLLRDHUP

// Receive is [Receive] in goroutines of its own. It calls ended with the error. Until then the
// connection must not be closed: use Cut. Its read deadline must not be set.
func (rs *Receivers) Receive(conn net.Conn, handle func([]byte) error, ended func(error)) {
	own := &receiver{of: rs, conn: conn, ended: ended}
	own.ready = newReadiness(conn, received(func(b []byte) error {
		own.came = true
		own.fault = handle(b)
		return own.fault
	}), nil)
	if own.ready == nil {
		go func() { ended(Receive(conn, handle)) }()
		return
	}
	go own.read()
}

// happened implements watcher: there is something to read, or the end.
func (own *receiver) happened() { go own.read() }

// read passes on what comes, until the connection is idle or has ended.
func (own *receiver) read() {
	own.mu.Lock()
	defer own.mu.Unlock()
	err := error(nil)
	for err == nil {
		own.came = false
		_ = own.conn.SetReadDeadline(time.Now().Add(own.of.IdleAfter))
		for err == nil {
			err = own.ready.read()
		}
		if own.fault != nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err = nil; !own.came && own.rest() {
			return
		}
	}
	own.of.idle.remove(&own.watch, own.ready.raw)
	own.ended(err)
}

// rest lets idle wait for the next bytes. It returns false if that is not possible. Bytes that
// have come are an event, too.
func (own *receiver) rest() bool {
	if own.mark != 0 {
		return own.of.idle.again(&own.watch, incomes)
	}
	return own.of.idle.add(&own.watch, own.ready.raw, incomes, own)
}

// Cut ends a connection: its reader and its writers wake, and ended is called.
func Cut(conn net.Conn) {
	switch below := Below(conn).(type) {
	case interface {
		CloseRead() error
		CloseWrite() error
	}:
		_, _ = below.CloseRead(), below.CloseWrite() // an event for the epoll, which Close is not
	default:
		_ = conn.Close()
	}
}

// Close frees the resources of the operating system. All connections must have ended.
func (rs *Receivers) Close() { rs.idle.close() }
