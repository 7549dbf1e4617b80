//go:build !linux

package wsconn

import (
	"net"
	"time"
)

// Receivers pass on what many connections receive. On this platform each costs a goroutine.
type Receivers struct {
	IdleAfter time.Duration // without effect
}

// Receive is [Receive] in a goroutine of its own. It calls ended with the error. To end a
// connection before that, use Cut.
func (*Receivers) Receive(conn net.Conn, handle func([]byte) error, ended func(error)) {
	go func() { ended(Receive(conn, handle)) }()
}

// Cut ends a connection: reads and writes that wait return, and ended is called.
func Cut(conn net.Conn) { _ = Below(conn).Close() }

// Close frees the resources of the operating system. All connections must have ended.
func (*Receivers) Close() {}
