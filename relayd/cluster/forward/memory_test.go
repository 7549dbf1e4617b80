package forward

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/wsconn"
	"github.com/stretchr/testify/require"
)

// TestIdleForwardCostsLittle: an idle forward costs its edge little, after bytes were copied both
// ways. Counted are heap and stacks of 1,000 forwards, without two bare sockets for each: the test
// keeps those of the client and the home.
func TestIdleForwardCostsLittle(t *testing.T) {
	for name, c := range map[string]struct {
		client, nodes bool // with TLS
		n, most       int64
	}{
		"plain":             {false, false, 1000, 4 << 10},
		"TLS between nodes": {false, true, 1000, 8 << 10},
		"TLS of clients":    {true, false, 200, 14 << 10},
		"TLS of both":       {true, true, 200, 17 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			taken := make(chan net.Conn, 1)
			edge, at := two(t, c.nodes, func(_ context.Context, in *Incoming) {
				conn, err := in.Take()
				if err != nil {
					t.Error(err)
				}
				taken <- conn
			})
			edge.receivers.IdleAfter = 50 * time.Millisecond
			accept, bare := clients(t, c.client), clients(t, false)
			var sockets []net.Conn
			t.Cleanup(func() {
				for _, s := range sockets {
					_ = s.Close()
				}
			})
			forward := func() {
				client, near := accept()
				link, err := edge.Forward(t.Context(), at.Peer, full())
				require.NoError(t, err)
				link.Start(near, func() {})
				conn := <-taken
				carries(t, client, conn)
				carries(t, conn, client)
				sockets = append(sockets, wsconn.Below(client), wsconn.Below(conn))
			}
			for range 100 { // what the first ones cost is for all
				forward()
			}
			idle := func() bool { return runtime.NumGoroutine() < 50 }
			sum := func(each func()) int64 {
				require.Eventually(t, idle, patience, 10*time.Millisecond)
				before := memory()
				for range c.n {
					each()
				}
				require.Eventually(t, idle, patience, 10*time.Millisecond)
				return memory() - before
			}
			all := sum(forward)
			own := sum(func() {
				client, near := bare()
				sockets = append(sockets, client, near)
			})
			each := (all - own) / c.n
			runtime.KeepAlive(sockets)
			t.Logf("%d bytes", each)
			require.Less(t, each, c.most)
		})
	}
}

// carries requires that bytes come through.
func carries(t testing.TB, from, to net.Conn) {
	t.Helper()
	sent := bytes.Repeat([]byte("x"), 200)
	_, err := from.Write(sent)
	require.NoError(t, err)
	got := make([]byte, len(sent))
	require.NoError(t, to.SetReadDeadline(time.Now().Add(patience)))
	_, err = io.ReadFull(to, got)
	require.NoError(t, err)
	require.Equal(t, sent, got)
}

// clients returns a function that connects a client to a listener as a relay has it.
func clients(t testing.TB, secure bool) func() (client, near net.Conn) {
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = below.Close() })
	listener := below
	if secure {
		ca := newAuthority(t)
		own := ca.opens(ca.issue("north", time.Now().Add(day)))
		listener = wsconn.ListenTLS(below, &tls.Config{GetCertificate: own.files.GetCertificate})
	}
	return func() (net.Conn, net.Conn) {
		client, err := net.Dial("tcp", below.Addr().String())
		require.NoError(t, err)
		near, err := listener.Accept()
		require.NoError(t, err)
		if secure {
			far := tls.Client(client, &tls.Config{InsecureSkipVerify: true})
			shaken := make(chan error, 1)
			go func() { shaken <- far.Handshake() }()
			require.NoError(t, near.(*tls.Conn).Handshake())
			require.NoError(t, <-shaken)
			client = far
		}
		return client, near
	}
}

// memory returns the bytes of heap and stacks in use.
func memory() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
