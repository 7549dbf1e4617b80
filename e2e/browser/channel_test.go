package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestChannelsOfAPageTakeAnInit: what a page asks of a data channel holds at both ends, and a
// negotiated one is there when both sides have opened it.
func TestChannelsOfAPageTakeAnInit(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	p := chromium.Start(t).OpenSDK(relay.HTTP)
	p.Do(`
		globalThis.ln = await sdk.listen(a);
		await ln.setInfo({ name: "door" });
		globalThis.client = await sdk.connect(ln.url);
		for await (const conn of ln) { globalThis.server = conn; break }
		const opening = client.openChannel("position", { ordered: false, maxRetransmits: 0, protocol: "v2" });
		for await (const channel of server.channels) { globalThis.at = channel; break }
		globalThis.ch = await opening;
		globalThis.both = await Promise.all([client, server].map((conn) => conn.openChannel("both", { negotiated: true, id: 7 })));
		globalThis.heard = new Promise((resolve) => both[1].onmessage = ({ data }) => resolve(data));
		both[0].send("hello")`, relay.WS+"/server")
	require.Equal(t, "position false 0 v2", chromium.Eval[string](p, `[at.label, at.ordered, at.maxRetransmits, at.protocol].join(" ")`))
	require.Equal(t, "hello", chromium.Eval[string](p, `heard`))
	require.Equal(t, "invalid", chromium.Eval[string](p, `client.openChannel("two limits", { maxRetransmits: 0, maxPacketLifeTime: 1 }).catch(({ code }) => code)`))
	require.True(t, chromium.Eval[bool](p, `client.serverInfo.name === "door" && client.serverInfo === client.serverInfo`), "it is parsed once")
	p.Do(`await client[Symbol.asyncDispose](); await ln[Symbol.asyncDispose]()`)
	require.Equal(t, "closed closed closed", chromium.Eval[string](p, `[client.state, server.state, ln.state].join(" ")`))
}
