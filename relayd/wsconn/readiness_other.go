//go:build !unix

package wsconn

// readiness is not available on this platform: connections read into memory of their own,
// and every frame goes through the outbox's queue.
type readiness struct{}

func newReadiness(*Conn) *readiness { return nil }

func (r *readiness) forWrites() *readiness { return r }

func (*readiness) read() error { return nil }

func (*readiness) write([]byte) (int, error) { return 0, nil }

func (*readiness) unwatch() {}

type hangups struct{}

func (*hangups) close() {}
