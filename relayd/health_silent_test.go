package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

const (
	latePlaces = 8 // of the relay, beyond its sockets
	healthWait = 30 * time.Second
)

// fullRelay opens a relay whose one socket a peer has.
func fullRelay(t *testing.T) (connect func() net.Conn) {
	t.Helper()
	address := opens(t, 1, relay.Limits{}, edge.Proxies{})
	peer, _, err := websocket.Dial(t.Context(), "ws://"+address+"/server", &websocket.DialOptions{Subprotocols: []string{protocol.SubprotocolV1}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = peer.CloseNow() })
	return func() net.Conn {
		conn, err := net.DialTimeout("tcp", address, healthWait)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(healthWait)))
		return conn
	}
}

func putHealth(t *testing.T, conn net.Conn) {
	t.Helper()
	_, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
}

func requireHealthy(t *testing.T, conn net.Conn) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

// TestHealthBehindSilentSockets: sockets that say nothing do not hold up a question about the
// relay's health, whether they come before it or after it. If each kept its place for a
// second, the ones before it alone would take longer than healthWait.
func TestHealthBehindSilentSockets(t *testing.T) {
	connect := fullRelay(t)
	const silent = 400
	for range silent {
		connect()
	}
	prober := connect()
	putHealth(t, prober)
	for range silent {
		connect()
	}
	requireHealthy(t, prober)
}

// TestHealthOfASlowProber: a question may come long after its connection, if few others connect
// in between.
func TestHealthOfASlowProber(t *testing.T) {
	connect := fullRelay(t)
	var silent []net.Conn
	for range latePlaces {
		silent = append(silent, connect())
	}
	prober := connect()
	for range latePlaces - 1 {
		connect()
	}
	for _, conn := range silent { // each has to make way
		_, err := conn.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
	}
	putHealth(t, prober)
	requireHealthy(t, prober)
}
