package relay_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/wsconn"
	"github.com/stretchr/testify/require"
)

// gated is a relay behind its own listener.
func gated(t *testing.T, config relay.Config, secure bool) *world {
	t.Helper()
	w := &world{Relay: relay.New(config), t: t}
	server := httptest.NewUnstartedServer(w.Relay)
	listener := w.Listener(server.Listener)
	if !secure {
		listener = w.Handshakes(listener)
	} else {
		listener = w.TLSListener(server.Listener)
		certificates := httptest.NewTLSServer(nil)
		certificates.Close()
		listener = wsconn.ListenTLS(listener, &tls.Config{Certificates: certificates.TLS.Certificates})
	}
	serving := &http.Server{Handler: w.Relay, ConnState: w.ConnState, ConnContext: w.ConnContext, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- serving.Serve(listener) }()
	w.url = "ws://" + server.Listener.Addr().String()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = w.Shutdown(ctx)
		_ = serving.Close()
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return w
}

// socket opens one from an address of this machine, and says nothing.
func (w *world) socket(from string) net.Conn {
	w.t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	conn, err := dialer.Dial("tcp", strings.TrimPrefix(w.url, "ws://"))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(w.t, conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

// asks sends a handshake and returns the answer's status and Retry-After.
func asks(t *testing.T, conn net.Conn) (status, after int) {
	t.Helper()
	_, _ = io.WriteString(conn, handshake("/server"))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	after, _ = strconv.Atoi(answer.Header.Get("Retry-After"))
	return answer.StatusCode, after
}

// TestSocketsInAll: above the limit the relay refuses each request; peers and sockets that say
// nothing count alike, and one that is closed makes room.
func TestSocketsInAll(t *testing.T) {
	w := gated(t, relay.Config{Sockets: 4}, false)
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)
	silent := []net.Conn{w.socket("127.0.0.1"), w.socket("127.0.0.1")}

	status, after := asks(t, w.socket("127.0.0.1"))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.GreaterOrEqual(t, after, 5)
	require.EqualValues(t, 1, w.Stats().Refused[relay.RefusedSockets])
	client.send(server, "x", "1") // connected peers are not affected
	server.wants(client.id, "x", "1")

	require.NoError(t, silent[0].Close())
	require.Eventually(t, func() bool {
		status, _ := asks(t, w.socket("127.0.0.1"))
		return status == http.StatusSwitchingProtocols
	}, patience, 10*time.Millisecond)
}

// TestSocketsOverTLS are refused as others are.
func TestSocketsOverTLS(t *testing.T) {
	w := gated(t, relay.Config{Sockets: 2}, true)
	dial := func() (net.Conn, error) {
		conn := tls.Client(w.socket("127.0.0.1"), &tls.Config{InsecureSkipVerify: true})
		return conn, conn.Handshake()
	}
	for range 2 {
		conn, err := dial()
		require.NoError(t, err)
		status, _ := asks(t, conn)
		require.Equal(t, http.StatusSwitchingProtocols, status)
	}
	conn, err := dial()
	require.NoError(t, err)
	status, _ := asks(t, conn)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.EqualValues(t, 1, w.Stats().Refused[relay.RefusedSockets])
}

// TestSilentSocketsOfASource: one address of this machine has as many as it may have
// peers, and the next address its own.
func TestSilentSocketsOfASource(t *testing.T) {
	elsewhere, err := edge.NewProxies([]string{"10.0.0.1"}, edge.XForwardedFor)
	require.NoError(t, err)
	w := gated(t, relay.Config{Proxies: elsewhere, Settings: relay.Settings{Limits: relay.Limits{SourceConnections: 3}}}, false)
	var last net.Conn
	for range 3 {
		last = w.socket("127.0.0.2")
	}
	status, after := asks(t, w.socket("127.0.0.2"))
	require.Equal(t, http.StatusTooManyRequests, status)
	require.GreaterOrEqual(t, after, 5)
	require.EqualValues(t, 1, w.Stats().Refused[relay.RefusedSourceSockets])
	for n := range 20 { // many addresses cost nothing but sockets
		status, _ := asks(t, w.socket(fmt.Sprintf("127.0.0.%d", 3+n)))
		require.Equal(t, http.StatusSwitchingProtocols, status)
	}
	status, _ = asks(t, last) // who was in time is served, and then counts as a peer
	require.Equal(t, http.StatusSwitchingProtocols, status)
	require.Eventually(t, func() bool {
		status, _ := asks(t, w.socket("127.0.0.2"))
		return status == http.StatusSwitchingProtocols
	}, patience, 10*time.Millisecond)
}

// TestFloodOfSockets: of many that are too many and say nothing a few stay, and one that asks
// at once is answered.
func TestFloodOfSockets(t *testing.T) {
	w := gated(t, relay.Config{Sockets: 1}, false)
	w.server()
	const flood = relay.LeastLate + 4
	for range flood {
		w.socket("127.0.0.1") // reads nothing and stays
	}
	w.eventually("most are closed", func(s relay.Stats) bool { return s.Refused[relay.RefusedSockets] == flood-relay.LeastLate })
	status, _ := asks(t, w.socket("127.0.0.1"))
	require.Equal(t, http.StatusServiceUnavailable, status)
}
