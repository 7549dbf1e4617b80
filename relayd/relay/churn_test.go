package relay_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestPeersLeaveNothingBehind: rooms and connections that came and went, well or
// badly, cost nothing afterwards.
func TestPeersLeaveNothingBehind(t *testing.T) {
	w := newWorld(t, relay.Config{})
	w.eventually("nobody is there", func(s relay.Stats) bool { return s.Sessions == 0 })
	before := runtime.NumGoroutine()

	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 50 {
				server := w.server()
				client := w.client(server)
				server.wantsJoined(client)
				client.send(server, "hello", "1")
				server.wants(client.id, "hello", "1")
				if (worker+i)%2 == 0 {
					_ = client.CloseNow()
					server.wantsGone(client)
				}
				_ = server.Close(websocket.StatusNormalClosure, "")
				_ = client.CloseNow()
			}
		})
	}
	all.Wait()
	w.eventually("all are gone", func(s relay.Stats) bool { return s.Sessions == 0 && s.Rooms == 0 && s.Waiting == 0 })
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+5 }, patience, patience/1000)
}

// FuzzHandshake: no request brings the relay down, and none that is not a right
// handshake becomes a WebSocket.
func FuzzHandshake(f *testing.F) {
	for _, seed := range []struct{ path, upgrade, connection, version, key, protocol, extensions, origin string }{
		{"/server", "websocket", "Upgrade", "13", handshakeKey, "", "", ""},
		{"/client/0", "websocket", "keep-alive, Upgrade", "13", handshakeKey, "a, b", "permessage-deflate; client_max_window_bits", "http://example.com"},
		{"/client/%00", "", "", "", "", ",,,", ";;=\"", "null"},
		{"/server", "websocket", "Upgrade", "8", handshakeKey, "", "", "http://example.com"},
		{"/server", "websocket", "Upgrade", "13", "c2hvcnQ=", "", "", "http://example.com"},
		{"/server", "h2c", "Upgrade", "8", strings.Repeat("=", 100), strings.Repeat(",", 1000), strings.Repeat(";,", 1000), "https://[::1"},
	} {
		f.Add(seed.path, seed.upgrade, seed.connection, seed.version, seed.key, seed.protocol, seed.extensions, seed.origin)
	}
	r := relay.New(relay.Config{})
	f.Cleanup(func() { _ = r.Shutdown(context.Background()) })
	f.Fuzz(func(t *testing.T, path, upgrade, connection, version, key, protocol, extensions, origin string) {
		request := &http.Request{Method: "GET", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "example.com", Header: http.Header{
			"Upgrade": {upgrade}, "Connection": {connection}, "Sec-Websocket-Version": {version}, "Sec-Websocket-Key": {key},
			"Sec-Websocket-Protocol": {protocol}, "Sec-Websocket-Extensions": {extensions}, "Origin": {origin},
		}, Body: http.NoBody}
		request.URL = &url.URL{Path: path}
		answer := httptest.NewRecorder() // it cannot be hijacked: a right handshake ends there
		r.ServeHTTP(answer, request)
		require.NotEqual(t, http.StatusOK, answer.Code)
		if answer.Code == http.StatusNotImplemented {
			nonce, err := base64.StdEncoding.DecodeString(key)
			require.NoError(t, err)
			require.Len(t, nonce, 16)
			require.Equal(t, "13", version)
		}
	})
}
