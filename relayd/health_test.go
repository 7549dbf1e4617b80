package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// opens opens a relay with its routes, as serve opens it.
func opens(t *testing.T, sockets int, limits relay.Limits, proxies edge.Proxies) (address string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	r := relay.New(relay.Config{Log: log, Sockets: sockets, Proxies: proxies, Settings: relay.Settings{Limits: limits}})
	f, err := listen(&config.Config{Listen: "127.0.0.1:0"}, r, nil, proxies, nil, routes(r, proxies, new(atomic.Bool)))
	require.NoError(t, err)
	ended := f.serve()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		_ = r.Shutdown(ctx)
		f.close(ctx, ended, 1)
	})
	return f.listens[0].Addr().String()
}

// TestHealthOfAFullRelay: 200 clients knock at a relay that has as many sockets as it may
// have, and a prober learns that it is well. On a busy machine the prober may ask so late after
// its connect that it had to make way; so it asks again, as probers do.
func TestHealthOfAFullRelay(t *testing.T) {
	const sockets, peers = 24, 18
	address := opens(t, sockets, relay.Limits{Connections: peers}, edge.Proxies{})
	ctx, cancel := context.WithCancel(t.Context())
	knock := func() (*websocket.Conn, error) {
		conn, _, err := websocket.Dial(ctx, "ws://"+address+"/server", &websocket.DialOptions{Subprotocols: []string{protocol.SubprotocolV1}})
		return conn, err
	}
	for range peers {
		conn, err := knock()
		require.NoError(t, err)
		defer func() { _ = conn.CloseNow() }()
	}
	var knocking sync.WaitGroup
	var refused atomic.Int64
	for range 200 {
		knocking.Go(func() {
			for ctx.Err() == nil {
				conn, err := knock()
				if err == nil {
					_, _, _ = conn.Read(ctx)
					_ = conn.CloseNow()
				}
				refused.Add(1)
			}
		})
	}
	defer knocking.Wait()
	defer cancel()
	require.Eventually(t, func() bool { return refused.Load() > 1000 }, 2*time.Minute, time.Millisecond)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 10 {
		for _, path := range []string{"/healthz", "/readyz"} {
			response, err := client.Get("http://" + address + path)
			for again := 0; err != nil && again < 5; again++ {
				response, err = client.Get("http://" + address + path)
			}
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, http.StatusOK, response.StatusCode)
		}
	}
}

// TestQRCodesOfASource: one source cannot have all of the machine draw QR codes.
func TestQRCodesOfASource(t *testing.T) {
	proxies, err := edge.NewProxies([]string{"127.0.0.1"}, edge.XForwardedFor)
	require.NoError(t, err)
	address := opens(t, 0, relay.Limits{}, proxies)
	draw := func(from string) (status int, after string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/qr", strings.NewReader("https://relay.example/#room"))
		require.NoError(t, err)
		request.Header.Set("X-Forwarded-For", from)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode, response.Header.Get("Retry-After")
	}
	defer http.DefaultClient.CloseIdleConnections()
	status := 0
	after := ""
	for n := 0; n < 1000 && status != http.StatusTooManyRequests; n++ {
		status, after = draw("203.0.113.9")
	}
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Equal(t, "1", after)
	status, _ = draw("203.0.113.10")
	require.Equal(t, http.StatusOK, status)
}
