package relay_test

import (
	"net"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// entrance is a listener of the relay whose connections a test accepts.
func (w *world) entrance() (knock func() net.Conn) {
	w.t.Helper()
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = below.Close() })
	listener := w.Listener(below)
	return func() net.Conn {
		w.t.Helper()
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}, Timeout: patience}
		outside, err := dialer.Dial("tcp", below.Addr().String())
		require.NoError(w.t, err)
		conn, err := listener.Accept()
		require.NoError(w.t, err)
		w.t.Cleanup(func() { _, _ = outside.Close(), conn.Close() })
		return conn
	}
}

// TestDivertedConnectionsOfASource have a count of their own: as many as peers, one fewer, one more.
func TestDivertedConnectionsOfASource(t *testing.T) {
	elsewhere, err := edge.NewProxies([]string{"10.0.0.1"}, edge.XForwardedFor)
	require.NoError(t, err)
	w := newWorld(t, relay.Config{Proxies: elsewhere, Settings: relay.Settings{Limits: relay.Limits{SourceConnections: 3}}})
	knock := w.entrance()
	var leave func()
	for range 3 {
		var ok bool
		leave, ok = w.Divert(knock())
		require.True(t, ok)
	}
	_, ok := w.Divert(knock()) // it could come in, because the others have left the arrivals
	require.False(t, ok)
	require.EqualValues(t, 1, w.Stats().Refused[relay.RefusedSourceSockets])
	leave()
	leave() // counts once
	_, ok = w.Divert(knock())
	require.True(t, ok)
	_, ok = w.Divert(knock())
	require.False(t, ok)
}

// TestDivertedConnectionsAreSockets, and those beyond Config.Sockets are not diverted.
func TestDivertedConnectionsAreSockets(t *testing.T) {
	w := newWorld(t, relay.Config{Sockets: 2})
	knock := w.entrance()
	leave, ok := w.Divert(knock())
	require.True(t, ok)
	_, ok = w.Divert(knock())
	require.True(t, ok)
	late := knock()
	_, ok = w.Divert(late)
	require.False(t, ok)
	require.EqualValues(t, 1, w.Stats().Refused[relay.RefusedSockets])
	leave()
	require.Eventually(t, func() bool {
		leave, ok := w.Divert(knock())
		if ok {
			leave()
		}
		return ok
	}, patience, 10*time.Millisecond)
}
