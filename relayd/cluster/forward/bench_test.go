package forward

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/wsconn"
	"github.com/stretchr/testify/require"
)

// BenchmarkEcho compares a message to an echo and back through a forward with one that goes there
// directly, by turns, and reports the ratio. Messages have 200 bytes.
func BenchmarkEcho(b *testing.B) {
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		b.Run(name, func(b *testing.B) {
			var echoing sync.WaitGroup
			echo := func(conn net.Conn) {
				echoing.Go(func() {
					_ = wsconn.Receive(conn, func(m []byte) error {
						_, err := conn.Write(m)
						return err
					})
					_ = conn.Close()
				})
			}
			b.Cleanup(echoing.Wait)
			edge, at := two(b, secure, func(_ context.Context, in *Incoming) {
				if conn, err := in.Take(); err == nil {
					echo(conn)
				}
			})
			link, err := edge.Forward(b.Context(), at.Peer, full())
			require.NoError(b, err)
			forwarded, near := dial(b)
			link.Start(near, func() {})
			direct, far := dial(b)
			echo(far)
			b.Cleanup(func() { _, _ = forwarded.Close(), direct.Close() })

			message := make([]byte, 200)
			turn := func(conn net.Conn, n int) time.Duration {
				began := time.Now()
				for range n {
					if _, err := conn.Write(message); err != nil {
						b.Fatal(err)
					}
					if _, err := io.ReadFull(conn, message); err != nil {
						b.Fatal(err)
					}
				}
				return time.Since(began)
			}
			turn(direct, 100)
			turn(forwarded, 100)
			var through, straight time.Duration
			for left := b.N; left > 0; left -= 100 {
				straight += turn(direct, min(left, 100))
				through += turn(forwarded, min(left, 100))
			}
			b.ReportMetric(float64(straight.Nanoseconds())/float64(b.N), "ns/direct")
			b.ReportMetric(float64(through.Nanoseconds())/float64(b.N), "ns/forwarded")
			b.ReportMetric(float64(through)/float64(straight), "ratio")
		})
	}
}
