package operate_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net"
	"strings"
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
	for there := server.Path(); !strings.Contains(there.Problem, "the TURN server refuses the credential"); {
		there, err = server.WaitPath(patience.Context(t), there)
		require.NoError(t, err)
	}
	require.NoError(t, client.Close())
	if err := <-accepting; errors.As(err, &failed) {
		require.Equal(t, sdk.ReasonTURNRefused, failed.Reason)
	} else {
		require.ErrorIs(t, err, sdk.ErrPeerGone, "another attempt was under way")
	}
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

// failingPath has a page be both sides. Until the client is closed another attempt may follow, so
// that accepting gives the cause of the last one, or nothing within the next.
const failingPath = `
	globalThis.ln = await sdk.listen(a);
	globalThis.client = await sdk.connect(ln.url);
	for await (const conn of ln) { globalThis.server = conn; break }
	globalThis.problems = [];
	globalThis.problemsThere = [];
	client.addEventListener("pathchange", () => problems.push(client.path.problem));
	server.addEventListener("pathchange", () => problemsThere.push(server.path.problem));
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
	endsWith(p, "turn-refused", "the TURN server refuses the credential")
	require.True(t, chromium.Eval[bool](p, `opening.then((err) => err.there || err.servers.some((s) => s.url.startsWith(a) && s.code === 401))`, url))
	p.Do(`ln.close()`)
}

// endsWith expects that both sides of a failingPath name a cause, and closes the client.
func endsWith(p *chromium.Tab, reason, problem string) {
	p.T.Helper()
	const why = `.then((err) => err ? err.code + " " + err.reason : "")`
	require.Equal(p.T, "ice-failed "+reason, chromium.Eval[string](p, `opening`+why))
	p.WaitFor("the problem at the other side", `problemsThere.some((problem) => problem.includes(a))`, problem)
	p.Do(`client.close()`)
	require.Contains(p.T, []string{"ice-failed " + reason, ""}, chromium.Eval[string](p, `accepting`+why))
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
	endsWith(p, "handshake", "certificate is not the one")
	p.Do(`ln.close()`)
}
