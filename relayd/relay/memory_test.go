package relay_test

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestIdlePeerCostsLittle: an idle peer waits at its socket, where it needs no memory to read
// into. This holds with TLS, and where the relay trusts a proxy elsewhere.
func TestIdlePeerCostsLittle(t *testing.T) {
	elsewhere, err := edge.NewProxies([]string{"10.0.0.0/8"}, edge.ProxyProtocol)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		secure  bool
		proxies edge.Proxies
		most    int64
	}{
		"plain":                    {false, edge.Proxies{}, 4 << 10},
		"TLS":                      {true, edge.Proxies{}, 10 << 10},
		"plain, a proxy elsewhere": {false, elsewhere, 4 << 10},
		"TLS, a proxy elsewhere":   {true, elsewhere, 10 << 10},
	} {
		address := proxied(t, c.secure, c.proxies, io.Discard) // until the test ends, so that nothing of it is freed before
		enters := func(path string) (*wire, net.Conn) {
			socket, err := net.Dial("tcp", address)
			require.NoError(t, err)
			t.Cleanup(func() { _ = socket.Close() })
			conn := socket
			if c.secure {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			}
			return enter(t, conn, path), socket
		}
		server, _ := enters("/server")
		// All that the test keeps of a client that has sent a message is its socket.
		client := func() net.Conn {
			client, socket := enters("/client/" + server.id)
			server.skip() // PEER_JOINED
			call, received := encoded(server.id, client.id, strings.Repeat("x", 200))
			_, err := client.conn.Write(call)
			require.NoError(t, err)
			_, err = io.ReadFull(server.read, make([]byte, received))
			require.NoError(t, err)
			return socket
		}
		const n = 64
		var sockets []net.Conn
		for range n / 4 { // what the first ones cost is for all
			sockets = append(sockets, client())
		}
		before := heap()
		for range n {
			sockets = append(sockets, client())
		}
		each := (heap() - before) / n
		runtime.KeepAlive(sockets)
		t.Logf("%s: %d bytes", name, each)
		require.Less(t, each, c.most, name)
	}
}

func heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestClockOfAMessageEndsWithIt: a stream whose every piece ends in the middle
// of a message is right, as long as each message ends in time.
func TestClockOfAMessageEndsWithIt(t *testing.T) {
	w := newWorld(t, relay.Config{MessageWithin: time.Second})
	server := w.wire("/server")
	client := w.wire("/client/" + server.id)
	server.skip() // PEER_JOINED
	call, received := encoded(server.id, client.id, strings.Repeat("x", 200))
	half := len(call) / 2
	_, err := client.conn.Write(call[:half])
	require.NoError(t, err)
	got := make([]byte, received)
	for begin := time.Now(); time.Since(begin) < 2500*time.Millisecond; {
		_, err := client.conn.Write(append(call[half:len(call):len(call)], call[:half]...))
		require.NoError(t, err)
		_, err = io.ReadFull(server.read, got)
		require.NoError(t, err)
	}
	require.Empty(t, w.Stats().Closed)
}
