package nat_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
)

// pageName is the key of the result of a page behind a kind of network.
func pageName(k kind) string { return "a page behind " + k.name }

// pageDials does in a page what dial does, and returns the times in milliseconds.
const pageDials = `(async () => {
	const began = performance.now(), times = {};
	const conn = await sdk.connect(a);
	await conn.send({ type: "greeting", data: "hello" });
	for await (const { data } of conn) {
		if (data !== "hello") throw new Error("the answer is " + data);
		break;
	}
	times.message = performance.now() - began;

	const channel = await conn.openChannel("channel");
	const answer = new Promise((resolve) => channel.onmessage = ({ data }) => resolve(new TextDecoder().decode(data)));
	channel.send(new TextEncoder().encode("hello"));
	if (await answer !== "hello") throw new Error("the answer on the channel differs");

	const path = async () => {
		const stats = await conn.pc.getStats();
		const pair = stats.get([...stats.values()].find(({ type }) => type === "transport").selectedCandidatePairId);
		const types = [pair.localCandidateId, pair.remoteCandidateId].map((id) => stats.get(id).candidateType);
		return types.includes("relay") ? "turn" : "direct";
	};
	while (await path() !== b) {
		if (performance.now() - began > c) throw new Error("the path is " + await path());
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	times.path = performance.now() - began;

	const { readable, writable } = await conn.createBidirectionalStream({ name: "stream" });
	const bytes = crypto.getRandomValues(new Uint8Array(50_000));
	const writer = writable.getWriter();
	const wrote = writer.write(bytes).then(() => writer.close());
	const came = new Uint8Array(await new Response(readable).arrayBuffer());
	await wrote;
	if (came.length !== bytes.length || came.some((byte, n) => byte !== bytes[n])) throw new Error("the answer on the stream differs");
	conn.close();
	return times;
})()`

// TestPagesMeetAServerFromEveryNetwork does in Chromium, behind each kind of network, what the
// matrix does natively. The server is native and has no NAT.
func TestPagesMeetAServerFromEveryNetwork(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	server := kindOf("no NAT")
	url := l.listen(t, l.join(server), task{URL: relayURL})
	for _, k := range kinds {
		at := l.join(k)
		t.Run(k.slug(), func(t *testing.T) {
			t.Parallel()
			want := expected(server, k)
			p := l.browser(t, at).OpenSDK("https://relay.test")
			times := chromium.Eval[struct{ Message, Path float64 }](p, pageDials, url, want, (within / 2).Milliseconds())
			r := result{Message: milliseconds(times.Message), Path: milliseconds(times.Path)}
			note(pageName(k), r.cell(want))
		})
	}
}

func milliseconds(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// browser starts a Chromium at a site that accepts the certificate of the relays.
func (l *lab) browser(t testing.TB, at *site) *chromium.Browser {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(l.file(chain), l.file(keyOfTLS))
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	require.NoError(t, err)
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	return at.host.Browser(t, chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(sum[:])))
}
