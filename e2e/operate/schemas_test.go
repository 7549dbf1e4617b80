package operate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// picky starts a relay that passes what signalling needs, chat of text, and nothing
// else. It closes a peer that sends anything else over a link.
func picky(t testing.TB) *relayproc.Relay {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "chat.json"), []byte(`{"type":"string"}`), 0o600))
	return relayproc.Start(t, "--schemas-folder", folder, "--schemas-builtin", "--schemas-unknown", "refuse")
}

// TestSchemasLetPeersMeet: what the SDK and pion send to one another is allowed.
func TestSchemasLetPeersMeet(t *testing.T) {
	t.Parallel()
	server, client := sdkpeer.Meet(t, picky(t))
	sdkpeer.Send(t, client, "chat", `"hello"`)
	sdkpeer.Receive(t, server, "chat", `"hello"`)
	a, b := sdkpeer.Channels(t, server, client, "direct")
	require.NoError(t, a.Send(patience.Context(t), []byte("ping")))
	message, err := b.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, "ping", string(message))
	require.NoError(t, a.Close())
}

// TestSchemasInABrowser: and so is what Chromium sends.
func TestSchemasInABrowser(t *testing.T) {
	t.Parallel()
	relay, browser := picky(t), chromium.Start(t)
	server, client := browser.OpenSDK(relay.HTTP), browser.OpenSDK(relay.HTTP)
	server.Do(`globalThis.ln = await sdk.listen(new URL(a))`, relay.WS+"/server")
	server.Do(`globalThis.accepted = (async () => { for await (const conn of ln) return conn })()`)
	client.Do(`globalThis.conn = await sdk.connect(a)`, chromium.Eval[string](server, `ln.url`))
	server.Do(`globalThis.conn = await accepted`)
	client.Do(`await conn.send({type: "chat", data: "hello"})`)
	server.Do(`for await (const m of conn) { globalThis.got = m; break }`)
	require.Equal(t, "hello", chromium.Eval[string](server, `got.data`))

	server.Do(`globalThis.ch = await conn.openChannel("direct"); ch.send("ping")`)
	client.Do(`for await (const channel of conn.channels) { globalThis.ch = channel; break }`)
	require.Equal(t, "direct", chromium.Eval[string](client, `ch.label`))
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
		server, client := sdkpeer.Meet(t, relay)
		sdkpeer.Send(t, client, "chat", `"first"`)
		sdkpeer.Receive(t, server, "chat", `"first"`)
		_, err := client.Send(patience.Context(t), sdk.Message{Type: c.typ, Data: []byte(c.data)})
		if err == nil {
			_, err = client.Receive(patience.Context(t))
		}
		var closed *sdk.RelayError
		require.ErrorAs(t, err, &closed)
		require.Equal(t, protocol.CodeRefused, closed.Code)
		require.ErrorContains(t, err, c.says)
		_, err = server.Receive(patience.Context(t))
		require.Error(t, err, "its server hears that it is gone, and not the message")
		require.NotContains(t, relay.Logs(), "canary")
	}
}
