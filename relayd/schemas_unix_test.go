//go:build unix

package main_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestReloadOfSchemas: SIGHUP brings what the folder says now, a file with a mistake
// changes nothing, and closes no connection.
func TestReloadOfSchemas(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	says := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "chat.json"), []byte(text), 0o600))
	}
	config := written(t, "relayd.toml", "[schemas]\nfolder = '"+folder+"'\n")
	d := launch(t, nil, "--config", config)
	d.address, _ = d.logs("listening")["address"].(string)
	server, client := d.room()

	passes := func() { // a base client to a v1 server: without a link
		t.Helper()
		client.says(server, "chat", `"hi"`)
		require.JSONEq(t, `"hi"`, string(server.wants("chat")))
	}
	passes()
	says(`{"type":"integer"}`)
	d.signal(syscall.SIGHUP)
	d.logs("configuration reloaded")
	for range 2 {
		server.says(client, "chat", `"canary-message"`)
		var told struct{ Reason, Path, Keyword string }
		require.NoError(t, json.Unmarshal(server.wants(protocol.TypeRelayUndelivered), &told))
		require.Equal(t, struct{ Reason, Path, Keyword string }{"schema", "", "type"}, told)
		says(`{"type":"strnig"}`)
		d.signal(syscall.SIGHUP)
		require.Contains(t, d.logs("configuration unchanged")["error"], "chat.json: at #/type: not as the draft says")
	}
	says(`{"type":"string"}`)
	require.NoError(t, os.WriteFile(config, []byte("[schemas]\nfolder = '"+folder+"'\nunknown = 'refuse'\nrefused = 'close'\n"), 0o600))
	d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"schemas.unknown", "schemas.refused"}, d.logs("configuration reloaded")["changed"])
	passes()
	client.says(server, "other", `"canary-message"`)
	client.wantsClose(protocol.CodeRefused)
	require.NotContains(t, d.log(), "canary")

	require.NoError(t, os.WriteFile(config, []byte("[schemas]\nfolder = ''\nunknown = 'pass'\nrefused = 'drop'\n"), 0o600))
	d.signal(syscall.SIGHUP)
	d.logs("configuration reloaded")
	another := d.client(server)
	another.says(server, "other", `"hi"`)
	require.JSONEq(t, `"hi"`, string(server.wants("other")))
}

// room is a v1 server and a base client of it.
func (d *daemon) room() (server, client *peer) {
	d.t.Helper()
	server = d.enters(protocol.SubprotocolV1)
	return server, d.client(server)
}

func (d *daemon) client(server *peer) *peer {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+d.address+"/client/"+server.hello.ID, nil)
	require.NoError(d.t, err)
	d.t.Cleanup(func() { _ = conn.CloseNow() })
	return (&peer{t: d.t, conn: conn}).readsHello()
}

func (p *peer) says(to *peer, typ, message string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text := protocol.AppendEnvelope(nil, protocol.ID(to.hello.ID), typ, []byte(message))
	require.NoError(p.t, p.conn.Write(ctx, websocket.MessageText, text))
}
