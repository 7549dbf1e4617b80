//go:build unix

package main_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// asksFor connects a client from an address of this machine, and gives the code that it is
// closed with; 0 if it is let in.
func (d *daemon) asksFor(from, room string) protocol.Code {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	transport := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).DialContext}
	conn, _, err := websocket.Dial(ctx, "ws://"+d.address+"/client/"+room, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	require.NoError(d.t, err)
	defer conn.CloseNow()
	_, _, err = conn.Read(ctx)
	if err == nil {
		return 0
	}
	return protocol.Code(websocket.CloseStatus(err))
}

// TestWordsAsIDs, as they are configured, and how they may be spelt.
func TestWordsAsIDs(t *testing.T) {
	t.Parallel()
	d := start(t, nil, "--ids-server", "words", "--ids-client", "token", "--state-dir", t.TempDir())
	server := d.enters()
	require.Regexp(t, `^[a-z]+(-[a-z]+){5,}$`, server.hello.ID)
	require.Zero(t, d.asksFor("127.0.0.1", strings.ToUpper(strings.ReplaceAll(server.hello.ID, "-", "%20"))))
	var joined struct{ ID string }
	require.NoError(t, json.Unmarshal(server.wants(protocol.TypePeerJoined), &joined))
	require.Regexp(t, `^[a-z2-7]{26}$`, joined.ID)
	require.NotContains(t, d.log(), server.hello.ID)
	require.NotContains(t, strings.ToLower(strings.ReplaceAll(d.log(), " ", "-")), server.hello.ID)

	require.Contains(t, fails(t, 2, nil, "--ids-server", "words", "--ids-words", "4"), "can be guessed")
}

// TestReloadOfGuesses: SIGHUP brings other bounds of wrong guesses. Loopback is bounded where
// there is a proxy.
func TestReloadOfGuesses(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "[ids]\nwrong_of_source = 1\n")
	d := start(t, nil, "--config", path, "--state-dir", t.TempDir(), "--proxy-trusted", "192.0.2.1")
	server := d.enters()
	require.Equal(t, protocol.CodeNoSuchServer, d.asksFor("127.0.0.2", "nobody"))
	require.Equal(t, protocol.CodeOverloaded, d.asksFor("127.0.0.2", "nobody"))
	require.Equal(t, protocol.CodeOverloaded, d.asksFor("127.0.0.2", server.hello.ID))
	require.Zero(t, d.asksFor("127.0.0.3", server.hello.ID))

	require.NoError(t, os.WriteFile(path, []byte("[ids]\nwrong_of_source = 1000\n"), 0o600))
	d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"ids.wrong_of_source"}, d.logs("configuration reloaded")["changed"])
	require.Zero(t, d.asksFor("127.0.0.2", server.hello.ID))

	without := start(t, nil, "--ids-wrong-of-source", "1", "--state-dir", t.TempDir())
	for range 5 {
		require.Equal(t, protocol.CodeNoSuchServer, without.asksFor("127.0.0.2", "nobody"))
	}
}
