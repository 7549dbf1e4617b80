package operate_test

import (
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestNativePeersMeetByOwnTURNAlone: with no candidates but labels.
func TestNativePeersMeetByOwnTURNAlone(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	client, _ := meetByTURN(t, relay)
	pc, err := client.PeerConnection()
	require.NoError(t, err)
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	require.NoError(t, err)
	require.Equal(t, webrtc.ICECandidateTypeRelay, pair.Local.Typ)
	require.Equal(t, "192.0.2.1", pair.Local.Address)
	told := turnOf(t, client)
	require.Len(t, told.URLs, 2)
	require.NotContains(t, relay.Logs(), told.Credential)
}

// TestPagesMeetByOwnTURNAlone is the same in Chromium, which gathers from every URL of HELLO.
func TestPagesMeetByOwnTURNAlone(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	p := chromium.Start(t).OpenSDK(relay.HTTP)
	p.Do(`
		const only = (conn) => conn.pc.setConfiguration({...conn.pc.getConfiguration(), iceTransportPolicy: "relay"});
		const asked = { paths: "relay" }; // no path is made before its policy is set
		globalThis.ln = await sdk.listen(a, asked);
		globalThis.client = await sdk.connect(ln.url, asked);
		for await (const conn of ln) { globalThis.server = conn; break }
		only(client); only(server);
		const opening = client.openChannel("by way of relayd");
		for await (const channel of server.channels) { globalThis.at = channel; break }
		globalThis.ch = await opening;
		globalThis.heard = new Promise((resolve) => at.onmessage = ({data}) => resolve(data));
		ch.send("hello");
		globalThis.addresses = async ({pc}) => {
			const stats = await pc.getStats();
			return [...stats.values()].filter((s) => s.type === "local-candidate").map((s) => s.address ?? s.ip).join();
		};`, relay.WS+"/server")
	require.Equal(t, "hello", chromium.Eval[string](p, `heard`))
	require.Regexp(t, `^192\.0\.2\.1(,192\.0\.2\.1)*$`, chromium.Eval[string](p, `addresses(client)`))
	p.Do(`ln.close(); client.close()`)
}
