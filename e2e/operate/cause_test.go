package operate_test

import (
	"crypto/rand"
	"encoding/base64"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// wrongTURN starts coturn, and a relay that has another secret.
func wrongTURN(t testing.TB) (relay *relayproc.Relay, url string) {
	t.Helper()
	port, _ := startTURN(t, rand.Text())
	url = "turn:127.0.0.1:" + port
	return relayproc.Start(t, "--ice-url", url, "--ice-secret-file", secretFile(t, rand.Text())), url
}

// TestWrongTURNSecretIsNamed: both sides say that the TURN server refuses the credential, the
// one that was refused and the one that needs no TURN server, and while they still try, too.
func TestWrongTURNSecretIsNamed(t *testing.T) {
	t.Parallel()
	relay, url := wrongTURN(t)
	only := &sdk.Options{RelayOnly: true}
	ln := sdkpeer.Listen(t, relay)
	client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), only)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	server := sdkpeer.Accept(t, ln)

	accepting := make(chan error, 1)
	go func() {
		_, err := server.AcceptChannel(patience.Context(t))
		accepting <- err
	}()
	_, err = client.OpenChannel(patience.Context(t), "never")
	var failed *sdk.ICEError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, sdk.ReasonTURNRefused, failed.Reason)
	require.False(t, failed.There)
	require.Equal(t, []sdk.ServerError{{URL: url, Code: 401, Text: "Unauthorized"}}, failed.Servers)
	require.NoError(t, client.Close(), "which must not hide the cause from the other side")
	require.ErrorAs(t, <-accepting, &failed)
	require.Equal(t, sdk.ReasonTURNRefused, failed.Reason)
}

// TestTURNAtAnotherRelayIsNamed: two relays share a key, and TURN traffic arrives at the other one.
// The error names the setting that is missing.
func TestTURNAtAnotherRelayIsNamed(t *testing.T) {
	t.Parallel()
	const told = "the peer is not at this relay: turn.hosts must name the one where it is"
	key := secretFile(t, base64.StdEncoding.EncodeToString(make([]byte, 32)))
	other := relayproc.Start(t, "--turn-enabled", "--key-file", key)
	_, port, err := net.SplitHostPort(other.Addr)
	require.NoError(t, err)
	relay := relayproc.Start(t, "--turn-enabled", "--key-file", key, "--turn-udp-port", port, "--turn-tcp-port", port)
	only := &sdk.Options{RelayOnly: true}
	ln := sdkpeer.Listen(t, relay)
	client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), only)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	sdkpeer.Accept(t, ln)
	_, err = client.OpenChannel(patience.Context(t), "never")
	var failed *sdk.ICEError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, sdk.ReasonTURNRefused, failed.Reason)
	require.Contains(t, failed.Servers, sdk.ServerError{URL: "turn:127.0.0.1:" + port + "?transport=udp", Code: 403, Text: told})
}

const failingPath = `
	globalThis.ln = await sdk.listen(a);
	globalThis.client = await sdk.connect(ln.url);
	for await (const conn of ln) { globalThis.server = conn; break }
	globalThis.problems = [];
	client.addEventListener("pathchange", () => problems.push(client.path.problem));
	globalThis.accepting = (async () => { for await (const channel of server.channels); })().catch((err) => err);
`

// TestPagesNameTheWrongTURNSecret is the same in Chromium.
func TestPagesNameTheWrongTURNSecret(t *testing.T) {
	t.Parallel()
	relay, url := wrongTURN(t)
	p := chromium.Start(t).OpenSDK(relay.HTTP)
	p.Do(failingPath+`
		for (const conn of [client, server]) conn.pc.setConfiguration({...conn.pc.getConfiguration(), iceTransportPolicy: "relay"});
		globalThis.opening = client.openChannel("never").catch((err) => err);
	`, relay.WS+"/server")
	p.WaitFor("the problem while it still tries, or the end", `problems.some((problem) => problem.includes("the TURN server refuses the credential: " + a)) || client.path.state === "over"`, url)
	for _, end := range []string{"opening", "accepting"} {
		if end == "accepting" {
			p.Do(`client.close()`) // until then another attempt may follow
		}
		require.Equal(t, "ice-failed turn-refused", chromium.Eval[string](p, end+`.then((err) => err.code + " " + err.reason)`))
	}
	require.True(t, chromium.Eval[bool](p, `opening.then((err) => err.there || err.servers.some((s) => s.url.startsWith(a) && s.code === 401))`, url))
	p.Do(`ln.close(); client.close()`)
}

// TestPagesNameTheWrongFingerprint: something on the way has changed the offer.
func TestPagesNameTheWrongFingerprint(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	p := chromium.Start(t).Open(relay.HTTP + "/")
	p.Do(`
		const { send } = WebSocket.prototype;
		WebSocket.prototype.send = function (text) {
			return send.call(this, text.includes('"OFFER"') ? text.replace(/(a=fingerprint:sha-256 )..:../, "$100:00") : text);
		};
		globalThis.sdk = await import("./sdk/intercessor.js");`)
	p.Do(failingPath+`globalThis.opening = client.openChannel("never").catch((err) => err);`, relay.WS+"/server")
	for _, end := range []string{"opening", "accepting"} {
		if end == "accepting" {
			p.Do(`client.close()`) // until then another attempt may follow
		}
		require.Equal(t, "ice-failed handshake", chromium.Eval[string](p, end+`.then((err) => err.code + " " + err.reason)`))
	}
	p.Do(`ln.close(); client.close()`)
}
