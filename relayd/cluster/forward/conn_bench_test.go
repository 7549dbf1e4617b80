package forward

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkConnect measures how long an edge takes to hand a connection over to a home, beside a
// bare TCP connection with one byte back.
func BenchmarkConnect(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		below, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(b, err)
		go func() {
			for {
				conn, err := below.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Write([]byte{0})
				_ = conn.Close()
			}
		}()
		for b.Loop() {
			conn, err := net.Dial("tcp", below.Addr().String())
			require.NoError(b, err)
			_, err = io.ReadFull(conn, make([]byte, 1))
			require.NoError(b, err)
			_ = conn.Close()
		}
		_ = below.Close()
	})
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		b.Run(name, func(b *testing.B) {
			edge, at := two(b, secure, func(_ context.Context, in *Incoming) { in.Answer(nil, nil) })
			for b.Loop() {
				_, err := edge.Ask(b.Context(), at.Peer, full())
				require.NoError(b, err)
			}
		})
	}
}
