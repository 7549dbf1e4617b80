package relay_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/wsconn"
	"github.com/stretchr/testify/require"
)

// gather is a connection that keeps what is written until it is told to send it,
// so that a test decides how records come to the relay.
type gather struct {
	net.Conn
	keep bool
	kept []byte
}

func (g *gather) Write(b []byte) (int, error) {
	if !g.keep {
		return g.Conn.Write(b)
	}
	g.kept = append(g.kept, b...)
	return len(b), nil
}

// secureWorld is a relay with TLS; join connects a peer.
func secureWorld(t *testing.T) (join func(path string) (*wire, *gather)) {
	t.Helper()
	join, _ = secureWorldWithin(t, 0)
	return join
}

// secureWorldWithin is secureWorld with a bound for the time until a handshake is whole,
// and returns its address.
func secureWorldWithin(t *testing.T, handshake time.Duration) (join func(path string) (*wire, *gather), address string) {
	t.Helper()
	certificates := httptest.NewTLSServer(nil)
	certificates.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := newWorld(t, relay.Config{})
	server := &http.Server{Handler: w.Relay, ReadHeaderTimeout: handshake, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		_ = server.Serve(wsconn.ListenTLS(listener, &tls.Config{Certificates: certificates.TLS.Certificates}))
		close(done)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return func(path string) (*wire, *gather) {
		conn, err := net.Dial("tcp", listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		below := &gather{Conn: conn}
		return enter(t, tls.Client(below, &tls.Config{InsecureSkipVerify: true}), path), below
	}, listener.Addr().String()
}

// TestHalfAHelloIsCut: a connection that does not finish the TLS handshake in time is cut, and
// blocks no other.
func TestHalfAHelloIsCut(t *testing.T) {
	join, address := secureWorldWithin(t, time.Second)
	hello := &gather{keep: true}
	client, _ := net.Pipe()
	hello.Conn = client
	require.NoError(t, client.SetReadDeadline(time.Now()))
	require.Error(t, tls.Client(hello, &tls.Config{InsecureSkipVerify: true}).Handshake(), "nobody answers it")
	require.NotEmpty(t, hello.kept)
	var all []net.Conn
	for i := range 200 {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = conn.Write(hello.kept[:i%len(hello.kept)])
		require.NoError(t, err)
		all = append(all, conn)
	}
	join("/server")
	for _, conn := range all {
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
		_, err := io.Copy(io.Discard, conn)
		require.NoError(t, err)
	}
	join("/server")
}

// TestRecordsMayComeAnyhow: several at once, or one byte by byte, with frames that end at the end
// of a record or not.
func TestRecordsMayComeAnyhow(t *testing.T) {
	join := secureWorld(t)
	server, _ := join("/server")
	client, below := join("/client/" + server.id)
	server.skip() // PEER_JOINED
	for _, size := range []int{100, 200, 4000, 16 << 10, 60000} {
		call, received := encoded(server.id, client.id, strings.Repeat("x", size))
		got := make([]byte, received)

		below.keep = true
		for range 3 {
			_, err := client.conn.Write(call[:3])
			require.NoError(t, err)
			_, err = client.conn.Write(call[3:])
			require.NoError(t, err)
		}
		_, err := below.Conn.Write(below.kept)
		require.NoError(t, err)
		for range 3 {
			_, err := io.ReadFull(server.read, got)
			require.NoError(t, err, "messages of %d bytes, at once", size)
		}
		below.kept = below.kept[:0]

		_, err = client.conn.Write(call)
		require.NoError(t, err)
		first := min(len(below.kept), 500)
		for i := range first {
			_, err := below.Conn.Write(below.kept[i : i+1])
			require.NoError(t, err)
		}
		_, err = below.Conn.Write(below.kept[first:])
		require.NoError(t, err)
		_, err = io.ReadFull(server.read, got)
		require.NoError(t, err, "a message of %d bytes, byte by byte", size)
		below.kept, below.keep = nil, false
	}
}

// TestServerHearsOfAClientWhoseSocketEnds, with a goodbye of TLS or without.
func TestServerHearsOfAClientWhoseSocketEnds(t *testing.T) {
	for _, end := range []func(*tls.Conn) error{(*tls.Conn).Close, func(c *tls.Conn) error { return c.NetConn().Close() }} {
		join := secureWorld(t)
		server, _ := join("/server")
		client, _ := join("/client/" + server.id)
		server.skip() // PEER_JOINED
		require.NoError(t, end(client.conn.(*tls.Conn)))
		require.Contains(t, string(server.skip()), "PEER_GONE")
	}
}

// TestConnectionCutInARecord: after a cut in the middle of a TLS record the peer is away, and has
// not violated the protocol (R9).
func TestConnectionCutInARecord(t *testing.T) {
	join := secureWorld(t)
	server, _ := join("/server")
	call, _ := encoded(server.id, server.id, strings.Repeat("x", 40_000))
	for _, at := range []int{1, 6, 100, 20_000, 36_000} {
		client, below := join("/client/" + server.id)
		server.skip() // PEER_JOINED
		below.keep = true
		_, err := client.conn.Write(call)
		require.NoError(t, err)
		_, err = below.Conn.Write(below.kept[:at])
		require.NoError(t, err)
		require.NoError(t, below.Conn.(*net.TCPConn).CloseWrite())
		rest, err := io.ReadAll(client.read)
		require.NoError(t, err, "cut at byte %d", at)
		require.Empty(t, rest, "cut at byte %d", at)
		require.Contains(t, string(server.skip()), "PEER_GONE")
	}
}
