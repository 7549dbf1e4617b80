//go:build !unix

package relay

import "net"

// nonblocking stands for what this platform cannot do: every frame goes through
// the outbox's queue.
type nonblocking struct{}

func newNonblocking(net.Conn) *nonblocking { return nil }

func (*nonblocking) write([]byte) (int, error) { return 0, nil }
