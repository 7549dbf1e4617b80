//go:build !unix

package wsconn

import "net"

// readiness stands for what this platform cannot do: sessions read into memory
// of their own, and every frame goes through the outbox's queue.
type readiness struct{}

func newReadiness(net.Conn) *readiness { return nil }

func (r *readiness) forWrites(net.Conn) *readiness { return r }

func (*readiness) read() (*chunk, int, error) { return nil, 0, nil }

func (*readiness) write([]byte) (int, error) { return 0, nil }
