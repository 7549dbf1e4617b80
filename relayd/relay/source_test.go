package relay_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/wsconn"
	"github.com/stretchr/testify/require"
)

// record is a log that many write and one reads.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

func (r *record) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Split(strings.TrimSuffix(r.text.String(), "\n"), "\n")
}

func trusting(t *testing.T, protocol edge.Protocol) edge.Proxies {
	t.Helper()
	proxies, err := edge.NewProxies([]string{"127.0.0.0/8"}, protocol)
	require.NoError(t, err)
	return proxies
}

// TestLogShowsTheClient and no other part of a header. Each record is one line.
func TestLogShowsTheClient(t *testing.T) {
	const mark = "hostile"
	hostile := []string{
		"203.0.113.9", "2001:db8::9",
		mark, mark + ", 203.0.113.9", `","level":"ERROR","msg":"` + mark, mark + "\t\"", "203.0.113.9%" + mark,
	}
	for _, c := range []struct {
		header, before string
		protocol       edge.Protocol
	}{
		{"X-Forwarded-For", "", edge.XForwardedFor},
		{"Forwarded", "for=", edge.Forwarded},
	} {
		log := new(record)
		w := newWorld(t, relay.Config{
			Proxies: trusting(t, c.protocol),
			Log:     slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		for i, value := range hostile {
			for origin, says := range map[string]string{"": `"msg":"left"`, "https://" + mark + ".example": `"msg":"refused"`} {
				request, err := http.NewRequest(http.MethodGet, strings.Replace(w.url, "ws", "http", 1)+"/server?"+mark+"=%0a", nil)
				require.NoError(t, err)
				request.Header = handshakeHeader(t)
				request.Header["User-Agent"], request.Header[c.header] = []string{mark}, []string{c.before + value}
				if origin != "" {
					request.Header["Origin"] = []string{origin}
				}
				answer, err := http.DefaultTransport.RoundTrip(request)
				require.NoError(t, err)
				require.NoError(t, answer.Body.Close())
				require.Eventually(t, func() bool { return strings.Count(strings.Join(log.lines(), "\n"), says) == i+1 }, patience, time.Millisecond, says)
			}
		}
		remotes := map[any]bool{}
		for _, line := range log.lines() {
			require.NotContains(t, line, mark)
			var fields map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &fields), "%q", line)
			remotes[fields["remote"]] = true
		}
		require.Equal(t, map[any]bool{"203.0.113.9": true, "2001:db8::9": true, "127.0.0.1": true}, remotes, c.header)
	}
}

// TestPeersMeetBehindAProxy that speaks the PROXY protocol, with TLS behind it and
// without: messages pass, and the log has their addresses.
func TestPeersMeetBehindAProxy(t *testing.T) {
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			log := new(record)
			proxies := trusting(t, edge.ProxyProtocol)
			dial := behindProxy(t, secure, proxies, log)
			server := dial("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n", "/server")
			client := dial("PROXY TCP6 2001:db8::9 2001:db8::1 4711 443\r\n", "/client/"+server.id)
			server.wantsJoined(client)
			for _, size := range []int{1, 4000, 60000} {
				text := `"` + strings.Repeat("x", size) + `"`
				client.send(server, "OFFER", text)
				server.wants(client.id, "OFFER", text)
				server.send(client, "ANSWER", text)
				client.wants(server.id, "ANSWER", text)
			}
			require.NoError(t, client.CloseNow())
			server.wantsGone(client)
			all := strings.Join(log.lines(), "\n")
			require.Contains(t, all, "remote=203.0.113.9")
			require.Contains(t, all, "remote=2001:db8::9")
			require.NotContains(t, all, "remote=127.0.0.1")
		})
	}
}

// proxied is a relay that may trust proxies, and may have TLS. It returns its address.
func proxied(t *testing.T, secure bool, proxies edge.Proxies, log io.Writer) (address string) {
	t.Helper()
	r := relay.New(relay.Config{Proxies: proxies, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	server := httptest.NewUnstartedServer(r)
	address = server.Listener.Addr().String()
	server.Listener = proxies.Listener(server.Listener, patience)
	if secure {
		certificates := httptest.NewTLSServer(nil)
		certificates.Close()
		server.Listener = wsconn.ListenTLS(server.Listener, &tls.Config{Certificates: certificates.TLS.Certificates})
	}
	server.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = r.Shutdown(ctx)
		server.Close()
	})
	return address
}

// behindProxy is such a relay, whose peers say something ahead of their TLS, or their HTTP.
func behindProxy(t *testing.T, secure bool, proxies edge.Proxies, log io.Writer) (dial func(ahead, path string) *peer) {
	t.Helper()
	address := proxied(t, secure, proxies, log)
	return func(ahead, path string) *peer {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		t.Cleanup(cancel)
		connect := func(ctx context.Context, network, _ string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err == nil {
				_, err = io.WriteString(conn, ahead)
			}
			if err == nil && secure {
				return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}), nil
			}
			return conn, err
		}
		ws, _, err := websocket.Dial(ctx, "ws://"+address+path, &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: connect}},
		})
		require.NoError(t, err)
		ws.SetReadLimit(1 << 20)
		t.Cleanup(func() { _ = ws.CloseNow() })
		p := &peer{Conn: ws, t: t, ctx: ctx}
		_, _, message := p.receive()
		var hello struct{ ID string }
		require.NoError(t, json.Unmarshal(message, &hello))
		p.id = hello.ID
		return p
	}
}
