package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestPagesTakeTheRelaysTURN: channels do, messages stay on the relay. The page learns the pair from
// its transport, or like Firefox from its statistics.
func TestPagesTakeTheRelaysTURN(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	browser := chromium.Start(t)
	for name, before := range map[string]string{
		"transport":  ``,
		"statistics": `delete RTCIceTransport.prototype.getSelectedCandidatePair;`,
	} {
		t.Run(name, func(t *testing.T) {
			p := browser.OpenSDK(relay.HTTP)
			p.Do(before+`
				const made = RTCPeerConnection;
				globalThis.RTCPeerConnection = class extends made { constructor(config) { super({...config, iceTransportPolicy: "relay"}) } };
				globalThis.ln = await sdk.listen(a);
				globalThis.client = await sdk.connect(ln.url);
				for await (const conn of ln) { globalThis.server = conn; break }
				const opening = client.openChannel("by label");
				for await (const channel of server.channels) { globalThis.at = channel; break }
				globalThis.ch = await opening;
				globalThis.heard = new Promise((resolve) => at.onmessage = ({data}) => resolve(data));
				ch.send("hello");`, relay.WS+"/server")
			require.Equal(t, "hello", chromium.Eval[string](p, `heard`))
			p.WaitFor("the relay's TURN server", `client.path.turn && server.path.turn`)
			p.Do(`await client.send({ type: "chat", data: "hello" });
				for await (const message of server) { globalThis.said = message.data; break }`)
			require.Equal(t, "hello relay relay", chromium.Eval[string](p, `said + " " + client.path.route + " " + server.path.route`))
		})
	}
}
