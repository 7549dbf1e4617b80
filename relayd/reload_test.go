//go:build unix

package main_test

import (
	"context"
	"net/http"
	"os"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// page connects as a page of an origin does, and gives the HTTP status of the answer.
func (d *daemon) page(origin string) int { return d.pageOf("", origin) }

// pageOf is page under another name of the relay.
func (d *daemon) pageOf(host, origin string) int {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, "ws://"+d.address+"/server", &websocket.DialOptions{Host: host, HTTPHeader: http.Header{"Origin": {origin}}})
	require.NotNil(d.t, response, "%v", err)
	if err == nil {
		_ = conn.CloseNow()
	}
	return response.StatusCode
}

// talks asks a peer for a sign of life over the connection that it has.
func (p *peer) talks() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	reading := p.conn.CloseRead(ctx)
	require.NoError(p.t, p.conn.Ping(ctx))
	require.NoError(p.t, reading.Err())
}

// TestReload: SIGHUP brings what the file says now to a relay at work, cuts nobody,
// and a file with a mistake changes nothing.
func TestReload(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "origins = ['https://a.example']\n")
	says := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	d := launch(t, nil, "--config", path, "--log-level", "info")
	d.address, _ = d.logs("listening")["address"].(string)
	p := d.enters(protocol.SubprotocolV1)
	require.Equal(t, http.StatusSwitchingProtocols, d.page("https://a.example"))
	require.Equal(t, http.StatusForbidden, d.page("https://b.example"))

	says("origins = ['https://b.example']\ndrain = '1s'\n")
	d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"origins"}, d.logs("configuration reloaded")["changed"])
	warning := d.logs("some changes need a restart")
	require.Equal(t, "WARN", warning["level"])
	require.Equal(t, []any{"drain"}, warning["keys"])
	require.Equal(t, http.StatusSwitchingProtocols, d.page("https://b.example"))
	require.Equal(t, http.StatusForbidden, d.page("https://a.example"), "what is no longer in it is out")

	says("orgins = ['https://c.example']\n[log]\nlevel = 'loud'\n")
	d.signal(syscall.SIGHUP)
	mistake := d.logs("configuration unchanged")
	require.Equal(t, "ERROR", mistake["level"])
	require.Contains(t, mistake["error"], path+`:1: unknown key "orgins"; did you mean origins?`)
	require.Contains(t, mistake["error"], `log.level is "loud"`)
	require.Equal(t, http.StatusSwitchingProtocols, d.page("https://b.example"))
	require.NoError(t, os.Remove(path))
	d.signal(syscall.SIGHUP)
	require.Contains(t, d.logs("configuration unchanged")["error"], "cannot read the configuration")
	require.Equal(t, http.StatusSwitchingProtocols, d.page("https://b.example"))

	for _, text := range []string{"", "# emptied\n"} {
		says(text)
		d.signal(syscall.SIGHUP)
		require.Contains(t, d.logs("configuration unchanged")["error"], "cut")
		require.Equal(t, http.StatusSwitchingProtocols, d.page("https://b.example"))
	}
	says("origins = []\ndrain = '1s'\n")
	d.signal(syscall.SIGHUP)
	d.logs("configuration reloaded")
	require.Equal(t, http.StatusForbidden, d.page("https://b.example"))
	p.talks()
}

// TestNamesOfTheRelayAndItsPages: those that SIGHUP brings, in any form that can be written.
func TestNamesOfTheRelayAndItsPages(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "# as it is\n")
	d := launch(t, nil, "--config", path, "--log-level", "info")
	d.address, _ = d.logs("listening")["address"].(string)
	pages := map[string]string{
		"relay.lan": "http://relay.lan", "a.home.lan": "http://a.home.lan", "127.0.0.1": "https://a.app.example",
		"localhost": "https://xn--bcher-kva.example", "[::1]": "capacitor://localhost",
	}
	for host, origin := range pages {
		require.Equal(t, http.StatusForbidden, d.pageOf(host, origin), origin)
	}
	require.NoError(t, os.WriteFile(path, []byte("hosts = ['Relay.lan', '*.home.lan']\n"+
		"origins = ['https://*.app.example', 'https://bücher.example', 'capacitor://localhost']\n"), 0o600))
	d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"origins", "hosts"}, d.logs("configuration reloaded")["changed"])
	for host, origin := range pages {
		require.Equal(t, http.StatusSwitchingProtocols, d.pageOf(host, origin), origin)
	}
	require.Equal(t, http.StatusForbidden, d.pageOf("evil.example", "http://evil.example"))
}

func TestReloadOfTheLogLevel(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "[log]\nlevel = 'info'\n")
	d := launchAs(t, nil, "--config", path, "--listen", "127.0.0.1:0", "--log-format", "json")
	d.address, _ = d.logs("listening")["address"].(string)
	d.enters().talks()
	require.NoError(t, os.WriteFile(path, []byte("[log]\nlevel = 'debug'\n"), 0o600))
	d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"log.level"}, d.logs("configuration reloaded")["changed"])
	require.NotContains(t, d.log(), "joined")
	d.enters()
	d.logs("joined")
}
