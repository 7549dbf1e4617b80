//go:build !unix

package wsconn

import "net"

// readiness is not available on this platform: connections read into memory of their own,
// and every frame goes through the outbox's queue.
type readiness struct{}

func newReadiness(net.Conn, sink, *hangups) *readiness { return nil }

func (r *readiness) forWrites() *readiness { return r }

func (*readiness) read() error { return nil }

func (*readiness) write([]byte) (int, error) { return 0, nil }

func (*readiness) unwatch() {}

type hangups struct{}

func (*hangups) close() {}
