package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
	"github.com/stretchr/testify/require"
)

// picky starts a relay that passes what signalling needs, chat of text, and nothing
// else. It closes a peer that sends anything else over a link.
func picky(t testing.TB) *relayProcess {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "chat.json"), []byte(`{"type":"string"}`), 0o600))
	return startRelay(t, "--schemas-folder", folder, "--schemas-builtin", "--schemas-unknown", "refuse")
}

// TestSchemasLetPeersMeet: what the SDK and pion send to one another is allowed.
func TestSchemasLetPeersMeet(t *testing.T) {
	t.Parallel()
	server, client := meet(t, picky(t))
	send(t, client, "chat", `"hello"`)
	receive(t, server, "chat", `"hello"`)
	a, b := channels(t, server, client, "direct")
	require.NoError(t, a.Send(within(t), []byte("ping")))
	message, err := b.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, "ping", string(message))
	require.NoError(t, a.Close())
}

// TestSchemasInABrowser: and so is what Chromium sends.
func TestSchemasInABrowser(t *testing.T) {
	t.Parallel()
	relay, browser := picky(t), startBrowser(t)
	server, client := browser.sdkTab(relay), browser.sdkTab(relay)
	server.do(`globalThis.ln = await sdk.listen(new URL(a))`, relay.WS+"/server")
	server.do(`globalThis.accepted = (async () => { for await (const conn of ln) return conn })()`)
	client.do(`globalThis.conn = await sdk.connect(a)`, eval[string](server, `ln.url`))
	server.do(`globalThis.conn = await accepted`)
	client.do(`await conn.send({type: "chat", data: "hello"})`)
	server.do(`for await (const m of conn) { globalThis.got = m; break }`)
	require.Equal(t, "hello", eval[string](server, `got.data`))

	server.do(`globalThis.ch = await conn.openChannel("direct"); ch.send("ping")`)
	client.do(`for await (const channel of conn.channels) { globalThis.ch = channel; break }`)
	require.Equal(t, "direct", eval[string](client, `ch.label`))
}

// TestSchemasEndALinkThatBreaksThem: a program gets an error for what the operator does
// not allow, instead of waiting without end.
func TestSchemasEndALinkThatBreaksThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typ, data, says string }{
		{"chat", `{"canary":1}`, "does not allow this message: type at #"},
		{"chat", `"` + strings.Repeat("x", protocol.MaxPart) + `"`, "does not allow this message: parts"},
		{"other", `1`, "does not allow this message: unknown"},
	} {
		relay := picky(t)
		server, client := meet(t, relay)
		send(t, client, "chat", `"first"`)
		receive(t, server, "chat", `"first"`)
		_, err := client.Send(within(t), sdk.Message{Type: c.typ, Data: []byte(c.data)})
		if err == nil {
			_, err = client.Receive(within(t))
		}
		var closed *sdk.RelayError
		require.ErrorAs(t, err, &closed)
		require.Equal(t, protocol.CodeRefused, closed.Code)
		require.ErrorContains(t, err, c.says)
		_, err = server.Receive(within(t))
		require.Error(t, err, "its server hears that it is gone, and not the message")
		require.NotContains(t, relay.Logs(), "canary")
	}
}
