package browser_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// roundTrip is a page's half of a stream that is echoed: it writes bytes that it makes, reads as
// many, and compares.
const roundTrip = `
	globalThis.echoed = async (conn, size) => {
		const { readable, writable, outcome } = await conn.createBidirectionalStream({ name: "echo" });
		const sent = new Uint8Array(size).map((_, i) => i * 31 + (i >> 8));
		const writing = (async () => {
			const writer = writable.getWriter();
			for (let at = 0; at < size; at += 100_000) await writer.write(sent.subarray(at, at + 100_000));
			await writer.close();
		})();
		const got = new Uint8Array(await new Response(readable).arrayBuffer());
		await writing;
		const same = got.length === size && got.every((byte, i) => byte === sent[i]);
		return [same, (await outcome).kind].join(" ");
	}`

func TestStreamsOfPages(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for _, paths := range []string{"relay", "auto"} {
		t.Run(paths, func(t *testing.T) {
			p := chromium.Start(t).OpenSDK(relay.HTTP)
			p.Do(roundTrip)
			p.Do(`
				globalThis.ln = await sdk.listen(a, { paths: b });
				globalThis.client = await sdk.connect(ln.url, { paths: b });
				for await (const conn of ln) { globalThis.server = conn; break }
				(async () => {
					for await (const { name, readable, writable } of server.incomingBidirectionalStreams) {
						if (name === "echo") readable.pipeTo(writable);
						if (name === "sink") new Response(readable).arrayBuffer();
						if (name === "refuse") { readable.cancel({ streamCode: 7, message: "not today" }); writable.abort({ streamCode: 8 }) }
					}
				})()`, relay.WS+"/server", paths)
			require.Equal(t, "true delivered", chromium.Eval[string](p, `echoed(client, 0)`))
			require.Equal(t, "true delivered", chromium.Eval[string](p, `echoed(client, 3_000_000)`))
			require.Equal(t, "true delivered true delivered", chromium.Eval[string](p, `Promise.all([echoed(client, 500_000), echoed(client, 1)]).then((all) => all.join(" "))`))
			require.Equal(t, "refused stream-ended 8", chromium.Eval[string](p, `(async () => {
				const { readable, writable, outcome } = await client.createBidirectionalStream({ name: "refuse" });
				await writable.getWriter().write(new Uint8Array(10)).catch(() => {});
				const err = await readable.getReader().read().catch((err) => err);
				return [(await outcome).kind, err.code, err.streamCode].join(" ");
			})()`))
			require.Equal(t, "stream-ended 7", chromium.Eval[string](p, `(async () => { // also if the page writes nothing
				const { writable } = await client.createBidirectionalStream({ name: "refuse" });
				return writable.getWriter().closed.catch(({ code, streamCode }) => [code, streamCode].join(" "));
			})()`))
			require.Equal(t, "given up, refused", chromium.Eval[string](p, `(async () => { // an abort does not wait for a write
				const { writable, outcome } = await client.createBidirectionalStream({ name: "unread" });
				const writer = writable.getWriter();
				const writing = writer.write(new Uint8Array(1_000_000)).catch((err) => err);
				await writer.abort(new Error("given up"));
				await writing;
				return [await writer.closed.catch(({ message }) => message), (await outcome).kind].join(", ");
			})()`))
			require.Equal(t, "delivered", chromium.Eval[string](p, `(async () => { // one direction goes on without the other
				const { readable, writable, outcome } = await client.createBidirectionalStream({ name: "sink" });
				const reader = readable.getReader();
				const reading = reader.read();
				await reader.cancel();
				await reading;
				await new Blob([new Uint8Array(100_000)]).stream().pipeTo(writable);
				return (await outcome).kind;
			})()`))
			require.Equal(t, "invalid", chromium.Eval[string](p, `client.createBidirectionalStream({ name: "x".repeat(256) }).catch(({ code }) => code)`))
			require.Equal(t, "invalid", chromium.Eval[string](p, `client.createBidirectionalStream().then(({ writable }) => writable.getWriter().write("text")).catch(({ code }) => code)`))
			require.Equal(t, "closed", chromium.Eval[string](p, `(async () => {
				const { readable } = await client.createBidirectionalStream({ name: "left" });
				client.close();
				return readable.getReader().read().catch(({ code }) => code);
			})()`))
		})
	}
}

// A page sends to a program, which answers with the hash.
func TestStreamFromAPageToAProgram(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	p := chromium.Start(t).OpenSDK(relay.HTTP)
	p.Do(`
		globalThis.conn = await sdk.connect(a);
		globalThis.answer = (async () => {
			const { readable, writable } = await conn.createBidirectionalStream({ name: "upload" });
			await new Blob([new Uint8Array(5_000_000).fill(7)]).stream().pipeTo(writable);
			return new Response(readable).text();
		})()`, ln.ClientURL())
	conn := sdkpeer.Accept(t, ln)
	s, err := conn.AcceptStream(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, "upload", s.Name())
	sum := sha256.New()
	n, err := io.Copy(sum, s)
	require.NoError(t, err)
	require.EqualValues(t, 5_000_000, n)
	want := hex.EncodeToString(sum.Sum(nil))
	_, err = s.Write([]byte(want))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, want, chromium.Eval[string](p, `answer`))
}
