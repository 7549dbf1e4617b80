package relay_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/sebas642/intercessor/relayd/wsconn"
	"github.com/stretchr/testify/require"
)

// owners finds the owners of allocations, as relayd does.
type owners struct{ *relay.Relay }

func (o owners) Find(room, peer protocol.ID) turn.Peer {
	if seat, ok := o.Relay.Find(room, peer); ok {
		return seat
	}
	return nil
}

// beside is a relay whose port TURN shares, if it is on.
func beside(t testing.TB, secure, on bool) (address string) {
	t.Helper()
	r := relay.New(relay.Config{Settings: relay.Settings{Limits: relay.Limits{SourceConnects: 1 << 20, SourceConnectBurst: 1 << 20}}})
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var listener net.Listener
	if secure {
		certificates := httptest.NewTLSServer(nil)
		certificates.Close()
		listener = wsconn.ListenTLS(r.TLSListener(below), &tls.Config{Certificates: certificates.TLS.Certificates})
	} else {
		listener = r.Handshakes(r.Listener(below))
	}
	served, err := turn.New(turn.Config{Keys: []turn.Key{{Name: "k", Secret: []byte("s")}}, Peers: owners{r}})
	require.NoError(t, err)
	if on {
		listener = served.Listener(listener, turn.Share{Within: patience, Divert: r.Divert})
	}
	server := &http.Server{Handler: r, ConnState: r.ConnState, ConnContext: r.ConnContext, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = r.Shutdown(ctx)
		served.Close()
		_ = server.Close()
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return below.Addr().String()
}

// connects opens a connection, with TLS or without.
func connects(t testing.TB, address string, secure bool) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	if secure {
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	return conn
}

// TestPeersBesideTURN hold no more memory than without it: nothing is left of the look at their
// first bytes.
func TestPeersBesideTURN(t *testing.T) {
	for _, secure := range []bool{false, true} {
		without, with := costOfAPeer(t, secure, false), costOfAPeer(t, secure, true)
		require.InDelta(t, without, with, 512, "TLS %v", secure)
	}
}

// costOfAPeer returns how many bytes of the heap an idle peer holds.
func costOfAPeer(t *testing.T, secure, on bool) int64 {
	t.Helper()
	address := beside(t, secure, on)
	peer := func() net.Conn {
		conn := connects(t, address, secure)
		enter(t, conn, "/server")
		socket := wsconn.Below(conn) // all that the test keeps
		t.Cleanup(func() { _ = socket.Close() })
		return socket
	}
	const n = 64
	var sockets []net.Conn
	for range n / 4 { // what the first ones cost is for all
		sockets = append(sockets, peer())
	}
	before := heap()
	for range n {
		sockets = append(sockets, peer())
	}
	each := (heap() - before) / n
	runtime.KeepAlive(sockets)
	return each
}

// BenchmarkHandshake is a peer that comes and leaves, with TURN on the same port and without.
func BenchmarkHandshake(b *testing.B) {
	for _, secure := range []bool{false, true} {
		for _, on := range []bool{false, true} {
			b.Run(fmt.Sprintf("TLS=%v/TURN=%v", secure, on), func(b *testing.B) {
				address := beside(b, secure, on)
				b.ReportAllocs()
				for b.Loop() {
					conn := connects(b, address, secure)
					enter(b, conn, "/server")
					_ = conn.Close()
				}
			})
		}
	}
}
