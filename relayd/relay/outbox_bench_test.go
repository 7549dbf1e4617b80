package relay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
			require.NoError(b, out.send(frame, 1, nil))
			_, err := io.ReadFull(peer, in)
			require.NoError(b, err)
		}
		require.False(b, out.busy(), "the socket took everything")
	})

	// The socket is full, so that the frame is copied and waits for the writer. The
	// peer reads only while the outbox is full too, so the socket is never empty.
	b.Run("queued", func(b *testing.B) {
		out, peer := newBenchOutbox(b)
		for !out.busy() {
			require.NoError(b, out.send(frame, 1, nil))
		}
		in := make([]byte, 8<<10)
		b.ReportAllocs()
		for b.Loop() {
			freed := out.whenFreed() // the same channel until room is made
			if err := out.send(frame, 1, nil); err != errFull {
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
			require.NoError(b, out.send(frame, 1, nil))
		}
	})
}

// newBenchOutbox gives a peer that has had its HELLO, and the outbox to it.
func newBenchOutbox(b *testing.B) (*outbox, io.Reader) {
	b.Helper()
	r := New(Config{PingAfter: time.Hour}) // nothing else is sent
	server := httptest.NewServer(r)
	b.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // the peer answers no close: it is cut
		_ = r.Shutdown(ctx)
		server.Close()
	})
	conn, err := net.DialTimeout("tcp", server.Listener.Addr().String(), time.Minute)
	require.NoError(b, err)
	b.Cleanup(func() { _ = conn.Close() })
	require.NoError(b, conn.(*net.TCPConn).SetReadBuffer(sendBuffer))        // or it grows without end
	require.NoError(b, conn.SetReadDeadline(time.Now().Add(10*time.Minute))) // as ci/bench.sh
	_, err = fmt.Fprint(conn, "GET /server HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	require.NoError(b, err)
	peer := bufio.NewReader(conn)
	answer, err := http.ReadResponse(peer, nil)
	require.NoError(b, err)
	require.Equal(b, http.StatusSwitchingProtocols, answer.StatusCode)
	header := make([]byte, 2)
	_, err = io.ReadFull(peer, header)
	require.NoError(b, err)
	_, err = io.CopyN(io.Discard, peer, int64(header[1])) // HELLO
	require.NoError(b, err)

	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sessions {
		return s.out, peer
	}
	b.Fatal("the relay has no session")
	return nil, nil
}
