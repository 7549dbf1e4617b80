package forward

import (
	"net"
	"time"
)

const (
	// socketBuffer is the size of the kernel's buffers of a connection, in bytes. Linux allocates
	// twice as much.
	socketBuffer = 64 << 10

	// unacknowledgedWithin is how long sent bytes may stay unacknowledged before the other machine
	// counts as lost.
	unacknowledgedWithin = 10 * time.Second
)

// keepAlive finds a machine that is gone while nothing is sent.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 2}

func tune(tcp *net.TCPConn) {
	_ = tcp.SetReadBuffer(socketBuffer)
	_ = tcp.SetWriteBuffer(socketBuffer)
	limitUnacknowledged(tcp)
}
