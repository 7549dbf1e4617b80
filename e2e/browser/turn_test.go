package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// relayOnly makes a page's connections use TURN servers only.
const relayOnly = `
	const made = RTCPeerConnection;
	globalThis.RTCPeerConnection = class extends made { constructor(config) { super({...config, iceTransportPolicy: "relay"}) } };`

// TestPagesTakeTheRelaysTURN: channels do, messages stay on the relay. The page learns the pair from
// its transport, or like Firefox from its statistics. Those of a transport may be missing, and name a
// pair for a while that is none any more.
func TestPagesTakeTheRelaysTURN(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	browser := chromium.Start(t)
	for name, before := range map[string]string{
		"transport":  ``,
		"statistics": `delete RTCIceTransport.prototype.getSelectedCandidatePair;`,
		"pairs": `delete RTCIceTransport.prototype.getSelectedCandidatePair;
			const real = RTCPeerConnection.prototype.getStats;
			let asked = 0;
			RTCPeerConnection.prototype.getStats = async function () {
				const all = new Map(await real.call(this)), late = ++asked > 4;
				for (const [id, s] of all) {
					if (s.type === "transport") all.delete(id);
					if (s.type === "candidate-pair") all.set(id, { ...s, selected: late && s.nominated });
				}
				all.set("host", { type: "local-candidate", candidateType: "host" });
				all.set("old", { type: "candidate-pair", nominated: true, state: "succeeded", selected: !late, localCandidateId: "host", remoteCandidateId: "host" });
				return all;
			};`,
	} {
		t.Run(name, func(t *testing.T) {
			p := browser.OpenSDK(relay.HTTP)
			p.Do(before+relayOnly+`
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

// TestPageWhoseTURNServerIsIgnored: browsers do not use a port below 1024, but for a few, and do not
// say so.
func TestPageWhoseTURNServerIsIgnored(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for name, servers := range map[string]string{
		"turn-unreachable": `[{ urls: "turn:127.0.0.1:81", username: "ada", credential: "secret" }]`,
		"no-turn":          `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			p := chromium.Start(t).OpenSDK(relay.HTTP)
			p.Do(relayOnly+`
				const options = { iceServers: `+servers+`, onlyOwnIceServers: true };
				globalThis.ln = await sdk.listen(a, options);
				globalThis.client = await sdk.connect(ln.url, options);
				globalThis.why = client.openChannel("never").then(() => "opened", (e) => e.reason);`, relay.WS+"/server")
			require.Equal(t, name, chromium.Eval[string](p, `why`))
		})
	}
}
