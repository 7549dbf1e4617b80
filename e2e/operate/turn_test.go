package operate_test

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/sdk"
)

// TestTURNTakesTheCredentialOfHello: a credential works for its peer while
// it is valid, and for no other peer.
func TestTURNTakesTheCredentialOfHello(t *testing.T) {
	t.Parallel()
	secret := rand.Text()
	port, _ := startTURN(t, secret)
	relay := relayproc.Start(t, "--ice-url", "turn:127.0.0.1:"+port, "--ice-secret-file", secretFile(t, secret))
	server, client := sdkpeer.Meet(t, relay)

	told := turnOf(t, client)
	require.Equal(t, []string{"turn:127.0.0.1:" + port}, told.URLs)
	_, expires := client.ICEServers()
	require.WithinDuration(t, time.Now().Add(10*time.Minute), expires, time.Minute)
	expiry, id, _ := strings.Cut(told.Username, ":")
	require.Equal(t, client.ID(), id)
	require.True(t, allocates(t, port, told.Username, told.Credential))

	other := turnOf(t, server)
	late, lateCredential := ice.Credential(secret, protocol.ID(client.ID()), time.Now().Add(-2*time.Second))
	for name, wrong := range map[string][2]string{
		"of another peer": {other.Username, told.Credential},
		"altered":         {told.Username, "A" + told.Credential[1:] + "="},
		"prolonged":       {"9" + expiry + ":" + id, told.Credential},
		"expired":         {late, lateCredential},
		"without expiry":  {id, told.Credential},
		"two colons":      {told.Username + ":x", told.Credential},
		"legacy form":     {id + ":" + expiry, told.Credential},
		"none":            {told.Username, "x"},
		"of 10 kB":        {expiry + ":" + strings.Repeat("x", 10_000), told.Credential},
	} {
		require.False(t, allocates(t, port, wrong[0], wrong[1]), name)
	}
	require.NotContains(t, relay.Logs(), told.Credential)
	require.NotContains(t, relay.Logs(), secret)
}

// TestTURNSecretsAreReplaced: first coturn takes both secrets, then relayd signs with the
// new one, and in the end coturn takes no other. No peer is ever without a valid credential.
func TestTURNSecretsAreReplaced(t *testing.T) {
	t.Parallel()
	before, after := rand.Text(), rand.Text()
	both, stop := startTURN(t, before, after)
	file := secretFile(t, before)
	relay := relayproc.Start(t, "--ice-url", "turn:127.0.0.1:"+both, "--ice-secret-file", file)
	_, client := sdkpeer.Meet(t, relay)
	old := turnOf(t, client)
	require.True(t, allocates(t, both, old.Username, old.Credential))

	require.NoError(t, os.WriteFile(file, []byte(after+"\n"+before+"\n"), 0o600))
	relay.Signal(syscall.SIGHUP)
	require.Eventually(t, func() bool { return turnOf(t, client).Credential != old.Credential }, patience.Max, 20*time.Millisecond, "the relay tells its peers")
	renewed := turnOf(t, client)
	require.True(t, allocates(t, both, old.Username, old.Credential))
	require.True(t, allocates(t, both, renewed.Username, renewed.Credential))
	stop()

	one, _ := startTURN(t, after)
	require.False(t, allocates(t, one, old.Username, old.Credential))
	require.True(t, allocates(t, one, renewed.Username, renewed.Credential))
}

// TestTURNBearsClocksThatDiffer: coturn takes what a relay gives whose clock is five
// minutes wrong, which is half of what a credential lives.
func TestTURNBearsClocksThatDiffer(t *testing.T) {
	t.Parallel()
	secret := rand.Text()
	port, _ := startTURN(t, secret)
	servers, err := ice.New(ice.Config{URLs: []string{"turn:127.0.0.1:" + port}, Secrets: []string{secret}, Life: 10 * time.Minute})
	require.NoError(t, err)
	for skew, taken := range map[time.Duration]bool{-300 * time.Second: true, -time.Second: true, 300 * time.Second: true, -610 * time.Second: false} {
		var named []sdk.ICEServer
		require.NoError(t, json.Unmarshal(servers.For(ice.Peer{ID: "ada"}, time.Now().Add(skew)).Servers, &named))
		require.Equal(t, taken, allocates(t, port, named[0].Username, named[0].Credential), skew)
	}
}

// TestNativePeersMeetByTURNAlone: with no candidates but those of coturn, named by the
// relay.
func TestNativePeersMeetByTURNAlone(t *testing.T) {
	t.Parallel()
	secret := rand.Text()
	port, _ := startTURN(t, secret)
	relay := relayproc.Start(t, "--ice-url", "turn:127.0.0.1:"+port, "--ice-secret-file", secretFile(t, secret))
	client, server := meetByTURN(t, relay)
	for _, c := range []*sdk.Conn{client, server} {
		pc, err := c.PeerConnection()
		require.NoError(t, err)
		pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
		require.NoError(t, err)
		require.Equal(t, webrtc.ICECandidateTypeRelay, pair.Local.Typ)
		require.Equal(t, webrtc.ICECandidateTypeRelay, pair.Remote.Typ)
	}
}

// meetByTURN has two native peers exchange a message over a channel, with no candidates but relayed ones.
func meetByTURN(t *testing.T, relay *relayproc.Relay) (client, server *sdk.Conn) {
	t.Helper()
	only := &sdk.Options{RelayOnly: true}
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", only)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ln.Close()) })
	client, err = sdk.Dial(patience.Context(t), ln.ClientURL(), only)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	server = sdkpeer.Accept(t, ln)

	ch, err := client.OpenChannel(patience.Context(t), "by way of a TURN server")
	require.NoError(t, err)
	require.NoError(t, ch.Send(patience.Context(t), []byte("hello")))
	at, err := server.AcceptChannel(patience.Context(t))
	require.NoError(t, err)
	text, err := at.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, "hello", string(text))
	return client, server
}

// TestPagesMeetByTURNAlone is the same in Chromium. The page sees the servers for
// connections of its own, and what the relay names later is used from then on.
func TestPagesMeetByTURNAlone(t *testing.T) {
	t.Parallel()
	before, after := rand.Text(), rand.Text()
	port, _ := startTURN(t, before, after)
	file := secretFile(t, before)
	relay := relayproc.Start(t, "--ice-url", "turn:127.0.0.1:"+port, "--ice-secret-file", file)
	browser := chromium.Start(t)
	p := browser.OpenSDK(relay.HTTP)
	p.Do(`
		const only = (conn) => conn.pc.setConfiguration({...conn.pc.getConfiguration(), iceTransportPolicy: "relay"});
		const asked = { paths: "relay" }; // no path is made before its policy is set
		globalThis.ln = await sdk.listen(a, asked);
		globalThis.client = await sdk.connect(ln.url, asked);
		for await (const conn of ln) { globalThis.server = conn; break }
		globalThis.own = await sdk.connect(ln.url, {iceServers: [{urls: "stun:stun.invalid"}], onlyOwnIceServers: true});
		globalThis.both = await sdk.connect(ln.url, {iceServers: [{urls: "stun:stun.invalid"}]});
		only(client); only(server);
		const opening = client.openChannel("by way of coturn");
		for await (const channel of server.channels) { globalThis.at = channel; break }
		globalThis.ch = await opening;
		globalThis.heard = new Promise((resolve) => at.onmessage = ({data}) => resolve(data));
		ch.send("hello");
		globalThis.types = async ({pc}) => {
			const stats = await pc.getStats();
			const of = (id) => stats.get(id).candidateType;
			return [...stats.values()].filter((s) => s.type === "candidate-pair" && s.nominated)
				.flatMap((s) => [of(s.localCandidateId), of(s.remoteCandidateId)]).join();
		};`, relay.WS+"/server")
	require.Equal(t, "hello", chromium.Eval[string](p, `heard`))
	for _, conn := range []string{"client", "server"} {
		require.Equal(t, "relay,relay", chromium.Eval[string](p, `types(`+conn+`)`), conn)
	}
	require.True(t, chromium.Eval[bool](p, `client.iceServers[0].username.endsWith(":" + client.id) && server.iceServers[0].username.endsWith(":" + ln.id)`))
	require.Equal(t, "turn:127.0.0.1:"+port, chromium.Eval[string](p, `client.iceServers[0].urls[0]`))
	require.Equal(t, `[{"urls":["stun:stun.invalid"]}]`, chromium.Eval[string](p, `JSON.stringify(own.iceServers)`))
	require.Equal(t, "turn:127.0.0.1:"+port+",stun:stun.invalid", chromium.Eval[string](p, `both.iceServers.flatMap(({urls}) => urls).join()`))

	require.NoError(t, os.WriteFile(file, []byte(after+"\n"), 0o600))
	p.Do(`globalThis.first = client.iceServers[0].credential`)
	relay.Signal(syscall.SIGHUP)
	p.WaitFor("another credential", `client.iceServers[0].credential !== first`)
	require.Equal(t, chromium.Eval[string](p, `first`), chromium.Eval[string](p, `client.pc.getConfiguration().iceServers[0].credential`))
	p.Do(`globalThis.candidates = []; client.pc.onicecandidate = ({candidate}) => candidate && candidates.push(candidate.type); client.pc.restartIce()`)
	p.WaitFor("an ICE restart that uses it", `client.pc.getConfiguration().iceServers[0].credential === client.iceServers[0].credential && candidates.includes("relay")`)
	require.Equal(t, "relay", chromium.Eval[string](p, `client.pc.getConfiguration().iceTransportPolicy`), "what the page has configured stays")
	p.Do(`globalThis.again = new Promise((resolve) => at.onmessage = ({data}) => resolve(data)); ch.send("still here")`)
	require.Equal(t, "still here", chromium.Eval[string](p, `again`))
	p.Do(`ln.close(); client.close(); own.close()`)
}
