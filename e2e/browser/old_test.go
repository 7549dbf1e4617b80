package browser_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/oldpeer"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// echoing makes a page of the old SDK return messages, and those on channels. made counts its
// connections.
const echoing = `
globalThis.made = 0
globalThis.RTCPeerConnection = class extends RTCPeerConnection {
	constructor(...args) { super(...args); made++ }
}
globalThis.sdk = await import("./sdk/intercessor.js")
globalThis.answer = (channel) => { channel.onmessage = ({ data }) => channel.send(data) }
globalThis.echo = async (conn) => { globalThis.conn = conn; for await (const message of conn) await conn.send(message) }
globalThis.accept = async () => { for await (const channel of conn.channels) answer(channel) }`

// speaking is what a page needs to talk with it.
const speaking = `
globalThis.echoes = async (count) => {
	const long = "x".repeat(100_000) // in parts, and so much that a server wants a direct path
	for (let n = 0; n < count; n++) await conn.send({ type: "chat", data: n })
	const { outcome } = await conn.send({ type: "long", data: long })
	let n = 0
	for await (const { type, data } of conn) {
		if (n === count) {
			if (data !== long) throw new Error(type)
			break
		}
		if (data !== n++) throw new Error("got " + data)
	}
	return (await outcome).kind
}
globalThis.returns = (channel, count) => new Promise((resolve, reject) => {
	let n = 0
	channel.onmessage = ({ data }) => {
		if (new DataView(data).getUint32(0) !== n || data.byteLength !== 16384) reject(new Error("message " + n))
		if (++n === count) resolve(true)
	}
	for (let i = 0; i < count; i++) {
		const piece = new DataView(new ArrayBuffer(16384))
		piece.setUint32(0, i)
		channel.send(piece)
	}
})
globalThis.linkChannel = async () => {
	const stats = [...(await conn.pc.getStats()).values()]
	return stats.filter(({ type, dataChannelIdentifier }) => type === "data-channel" && dataChannelIdentifier === 253)
		.map(({ messagesSent, messagesReceived }) => messagesSent + " " + messagesReceived).join()
}`

// TestOldPage: a page with the SDK from before paths gets no OFFER that no application has asked
// for, nothing on channel 253, and no stream (W3). Messages and channels are as ever.
func TestOldPage(t *testing.T) {
	t.Parallel()
	origin := oldpeer.Page(t)
	relay := relayproc.Start(t, "--origin", origin)
	b := chromium.Start(t)
	for _, role := range []string{"client", "server"} {
		old := b.Open(origin + "/")
		old.Do(echoing)
		page := b.OpenSDK(relay.HTTP)
		page.Do(speaking)
		if role == "client" {
			page.Do(`globalThis.ln = await sdk.listen(a)`, relay.WS+"/server")
			old.Do(`echo(await sdk.connect(a))`, chromium.Eval[string](page, `ln.url`))
			page.Do(`for await (const conn of ln) { globalThis.conn = conn; break }`)
		} else {
			old.Do(`globalThis.ln = await sdk.listen(a)
				;(async () => { for await (const conn of ln) echo(conn) })()`, relay.WS+"/server")
			page.Do(`globalThis.conn = await sdk.connect(a)`, chromium.Eval[string](old, `ln.url`))
		}
		require.Equal(t, "delivered", chromium.Eval[string](page, `echoes(100)`), role)
		require.Equal(t, "invalid", chromium.Eval[string](page, `conn.createBidirectionalStream({ name: "file" }).catch(({ code }) => code)`), role)
		lasts(time.Second) // the age at which a client wants a direct path is over
		require.Zero(t, chromium.Eval[int](old, `made`), role)
		require.Equal(t, "relay idle", chromium.Eval[string](page, `conn.path.route + " " + conn.path.state`), role)

		old.Do(`accept()`)
		page.Do(`globalThis.ours = await conn.openChannel("ours"); await returns(ours, 64)`)
		require.Equal(t, "delivered", chromium.Eval[string](page, `echoes(100)`), role)
		lasts(time.Second) // in which there would be a PING
		page.Do(`globalThis.theirs = (async () => { for await (const channel of conn.channels) return channel })()`)
		old.Do(`answer(await conn.openChannel("theirs"))`)
		page.Do(`await returns(await theirs, 64)`)
		require.Equal(t, "0 0", chromium.Eval[string](page, `linkChannel()`), role)
		require.Equal(t, "relay connected 1", chromium.Eval[string](page, `conn.path.route + " " + conn.state`)+fmt.Sprint(" ", chromium.Eval[int](old, `made`)), role)
	}
}

// TestOldPageAndNativePeer is TestOldPage with a Go program in place of today's page.
func TestOldPageAndNativePeer(t *testing.T) {
	t.Parallel()
	origin := oldpeer.Page(t)
	relay := relayproc.Start(t, "--origin", origin)
	old := chromium.Start(t).Open(origin + "/")
	old.Do(echoing)
	ln := sdkpeer.Listen(t, relay)
	old.Do(`echo(await sdk.connect(a))`, ln.ClientURL())
	conn := sdkpeer.Accept(t, ln)
	long := `"` + strings.Repeat("x", 100_000) + `"`
	sdkpeer.Send(t, conn, "long", long)
	sdkpeer.Receive(t, conn, "long", long)
	_, err := conn.OpenStream(patience.Context(t), "file")
	require.ErrorIs(t, err, errors.ErrUnsupported)
	lasts(time.Second)
	require.Zero(t, chromium.Eval[int](old, `made`))
	old.Do(`accept()`)
	ch, err := conn.OpenChannel(patience.Context(t), "file")
	require.NoError(t, err)
	require.NoError(t, ch.Send(patience.Context(t), []byte("hello")))
	message, err := ch.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, "hello", string(message))
	sdkpeer.Send(t, conn, "chat", `1`)
	sdkpeer.Receive(t, conn, "chat", `1`)
	require.Equal(t, sdk.RouteRelay, conn.Path().Route)
}
