package firefox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/tab"
)

// bare is a text that relayd serves: as a page it has nothing.
const bare = "/sdk/intercessor.d.ts"

// open has pages load the SDK and nothing else, as sdk.
func open(relay *relayproc.Relay, pages ...*tab.Tab) {
	for _, p := range pages {
		p.Navigate(relay.HTTP + bare)
		p.Do(`globalThis.sdk = await import(location.origin + "/sdk/intercessor.js")`)
	}
}

// meet has two such pages connect, as conn in both.
func meet(relay *relayproc.Relay, server, client *tab.Tab) {
	server.Do(`globalThis.ln = await sdk.listen(a)
		globalThis.accepted = (async () => { for await (const conn of ln) return conn })()`, relay.WS+"/server")
	client.Do(`globalThis.conn = await sdk.connect(a)`, tab.Eval[string](server, `ln.url`))
	server.Do(`globalThis.conn = await accepted`)
}

// bareSDK has bare pages exchange messages, streams and channels.
func bareSDK(t *testing.T, relay *relayproc.Relay, server, client *tab.Tab) {
	open(relay, server, client)
	meet(relay, server, client)
	server.Do(`globalThis.said = (async () => { for await (const { data } of conn) return data })();
			(async () => { for await (const { readable, writable } of conn.incomingBidirectionalStreams) readable.pipeTo(writable) })()
			globalThis.heard = (async () => {
				for await (const channel of conn.channels) {
					return new Promise((resolve) => channel.onmessage = ({ data }) => resolve([channel.label, channel.ordered, channel.maxRetransmits, data].join(" ")))
				}
			})()`)
	require.Equal(t, "delivered", tab.Eval[string](client, `conn.send({ type: "chat", data: "hello" }).then(({ outcome }) => outcome).then(({ kind }) => kind)`))
	require.Equal(t, "hello", tab.Eval[string](server, `said`))

	echo := `(async () => {
			const { readable, writable, outcome } = await conn.createBidirectionalStream({ name: "echo" })
			const sent = new Uint8Array(a).map((_, i) => i * 31 + (i >> 8))
			const writing = new Blob([sent]).stream().pipeTo(writable)
			const got = new Uint8Array(await new Response(readable).arrayBuffer())
			await writing
			return [got.length === a && got.every((byte, i) => byte === sent[i]), (await outcome).kind].join(" ")
		})()`
	require.Equal(t, "true delivered", tab.Eval[string](client, echo, 0))
	require.Equal(t, "true delivered", tab.Eval[string](client, echo, 3_000_000))

	client.Do(`globalThis.channel = await conn.openChannel("position", { ordered: false, maxRetransmits: 0 })
			channel.send("here")`)
	require.Equal(t, "position false 0 here", tab.Eval[string](server, `heard`))
	for _, p := range []*tab.Tab{server, client} {
		p.WaitFor("the direct path", `conn.path.route === "direct"`)
	}
	require.Equal(t, "true delivered", tab.Eval[string](client, echo, 3_000_000))
	client.Do(`conn.close()`)
	require.Equal(t, "peer-gone", tab.Eval[string](server, `conn.closed.then(({ code }) => code)`))
}
