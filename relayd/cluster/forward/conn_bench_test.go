package forward

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkConnect measures how long an edge takes to hand a connection over to a home, beside a
// bare TCP connection with one byte back, and one on which crypto/tls resumes a session: no
// connection with TLS costs less.
func BenchmarkConnect(b *testing.B) {
	ca := newAuthority(b)
	server := ca.opens(ca.issue("south", time.Now().Add(day))).current.Load().server
	client := &tls.Config{
		ServerName: "south", InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return server.GetCertificate(nil) },
		ClientSessionCache: tls.NewLRUClientSessionCache(0), CurvePreferences: []tls.CurveID{tls.CurveP256},
	}
	for name, secure := range map[string]bool{"bare": false, "bare TLS": true} {
		b.Run(name, func(b *testing.B) {
			below, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(b, err)
			var accepting sync.WaitGroup
			accepting.Go(func() {
				for {
					conn, err := below.Accept()
					if err != nil {
						return
					}
					accepting.Go(func() {
						if secure {
							conn = tls.Server(conn, server)
						}
						_, _ = conn.Write([]byte{0})
						_ = conn.Close()
					})
				}
			})
			for b.Loop() {
				conn, err := net.Dial("tcp", below.Addr().String())
				require.NoError(b, err)
				if secure {
					conn = tls.Client(conn, client)
				}
				_, err = io.ReadFull(conn, make([]byte, 1))
				require.NoError(b, err)
				_ = conn.Close()
			}
			_ = below.Close()
			accepting.Wait()
		})
	}
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
