package wsconn

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkOutbox is the way of 200 bytes through an outbox and a loopback socket
// to a peer that reads them.
func BenchmarkOutbox(b *testing.B) {
	frame := make([]byte, 200)

	// The socket takes the frame, in the sender's goroutine.
	b.Run("at-once", func(b *testing.B) {
		out, peer := newBenchOutbox(b)
		in := make([]byte, len(frame))
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(b, out.Send(frame, 1, nil))
			_, err := io.ReadFull(peer, in)
			require.NoError(b, err)
		}
		require.False(b, out.Busy(), "the socket took everything")
	})

	// The socket is full, so that the frame is copied and waits for the writer. The
	// peer reads only while the outbox is full too, so the socket is never empty.
	b.Run("queued", func(b *testing.B) {
		out, peer := newBenchOutbox(b)
		for !out.Busy() {
			require.NoError(b, out.Send(frame, 1, nil))
		}
		in := make([]byte, 8<<10)
		b.ReportAllocs()
		for b.Loop() {
			freed := out.whenFreed() // the same channel until room is made
			if err := out.Send(frame, 1, nil); err != ErrFull {
				require.NoError(b, err)
				continue
			}
			for full := true; full; {
				_, err := peer.Read(in)
				require.NoError(b, err)
				select {
				case <-freed:
					full = false
				default:
				}
			}
			require.NoError(b, out.Send(frame, 1, nil))
		}
	})
}

// newBenchOutbox returns the connection to a peer that has had the answer to its handshake.
func newBenchOutbox(b *testing.B) (*Conn, io.Reader) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	defer func() { _ = listener.Close() }()
	peer, err := net.DialTimeout("tcp", listener.Addr().String(), time.Minute)
	require.NoError(b, err)
	b.Cleanup(func() { _ = peer.Close() })
	require.NoError(b, peer.(*net.TCPConn).SetReadBuffer(sendBuffer))        // or it grows without end
	require.NoError(b, peer.SetReadDeadline(time.Now().Add(10*time.Minute))) // as ci/bench.sh
	socket, err := listener.Accept()
	require.NoError(b, err)
	group := NewGroup(Limits{WriteWithin: time.Hour, OutboxBytes: 256 << 10, OutboxFrames: 1000, OutboxLeast: 64 << 10, WaitingBytes: 64 << 20})
	c := group.NewConn(socket, nil, new(texts))
	b.Cleanup(func() {
		c.Cut()
		c.Finish()
		group.Close()
	})
	return c, bufio.NewReader(peer)
}
