package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// whole has settings of every kind that restricts who may come in. Its last line is a
// number, which is still one when it is cut.
const whole = `# The relay of app.example.
origins = ['https://app.example']
drain = '1s'

[access] # passphrases of servers and clients
server_passphrase_hashes = [
  'SERVERS',
  # the next one
  'CLIENTS',
]
client_passphrase_hashes = ['CLIENTS']

[ids]
wrong_of_source = 5

[log]
level = 'debug'

# As many as the machine has memory for.
[limits]
client_idle = '1h'
room_clients = 20
connections = 10`

// A reloaded is a relay at work, and the file that its reloads read.
type reloaded struct {
	*running
	t         *testing.T
	path, url string
}

func reloadable(t *testing.T, text string) *reloaded {
	t.Helper()
	r := &reloaded{t: t, path: filepath.Join(t.TempDir(), "relayd.toml")}
	r.says(text)
	c, sources, err := r.load()
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	r.running = &running{relay: relay.New(relay.Config{Log: log}), door: newDoor(quota.NewTable(false), nil), level: new(slog.LevelVar), log: log}
	require.NoError(t, r.apply(c, sources))
	server := httptest.NewServer(r.relay)
	r.url = strings.Replace(server.URL, "http", "ws", 1)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		_ = r.relay.Shutdown(ctx)
		server.Close()
	})
	return r
}

func (r *reloaded) says(text string) {
	r.t.Helper()
	require.NoError(r.t, os.WriteFile(r.path, []byte(text), 0o600))
}

func (r *reloaded) load() (*config.Config, config.Sources, error) {
	return config.Load([]string{"--config", r.path}, nil)
}

// knocks says how a peer fares: the HTTP status, or the close code where it is refused by
// one, or 0 where it is let in.
func (r *reloaded) knocks(path string, header http.Header) int {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, r.url+path, &websocket.DialOptions{HTTPHeader: header, Subprotocols: []string{protocol.SubprotocolV1}})
	require.NotNil(r.t, response, "%v", err)
	if err != nil {
		return response.StatusCode
	}
	defer func() { _ = conn.CloseNow() }()
	if _, _, err = conn.Read(ctx); err != nil {
		return int(websocket.CloseStatus(err))
	}
	return 0
}

func bearing(secret string) http.Header {
	return http.Header{"Authorization": {"Bearer " + secret}}
}

// TestReloadOfAFileThatWasCut cuts the file at every byte. No reload lets in a peer that was
// refused before.
func TestReloadOfAFileThatWasCut(t *testing.T) {
	hash := func(passphrase string) string {
		hash, err := access.HashPassphrase(passphrase)
		require.NoError(t, err)
		return hash
	}
	text := strings.NewReplacer("SERVERS", hash("open sesame"), "CLIENTS", hash("let me in")).Replace(whole) + "\n"
	r := reloadable(t, text)
	before, limits := r.config, r.config.Limits
	const noRoom = "/client/00000000-0000-4000-8000-000000000000"
	for n := range text {
		r.says(text[:n])
		r.reload(r.load)
		require.EqualValues(t, protocol.CodeAccessRefused, r.knocks("/server", nil), "a server without a passphrase, after %q", text[:n])
		require.Equal(t, limits, r.config.Limits, "after %q", text[:n])
		if r.config == before {
			continue
		}
		before = r.config
		require.EqualValues(t, protocol.CodeAccessRefused, r.knocks(noRoom, nil), "a client without a passphrase, after %q", text[:n])
		require.Equal(t, http.StatusForbidden, r.knocks("/server", http.Header{"Origin": {"https://evil.example"}}), "a foreign page, after %q", text[:n])
	}
	require.Zero(t, r.knocks("/server", bearing("open sesame")))
}
