package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestJavaScriptAPI: every member that the types name is there and does what they
// say, with a page at each end.
func TestJavaScriptAPI(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	server, client := browser.OpenSDK(relay.HTTP), browser.OpenSDK(relay.HTTP)

	server.Do(`globalThis.ln = await sdk.listen(new URL(a))`, relay.WS+"/server")
	require.Equal(t, relay.WS+"/client/"+chromium.Eval[string](server, `ln.id`), chromium.Eval[string](server, `ln.url`))
	server.Do(`globalThis.accepted = (async () => { for await (const conn of ln) return conn })()`)
	client.Do(`globalThis.conn = await sdk.connect(a)`, chromium.Eval[string](server, `ln.url`))
	server.Do(`globalThis.conn = await accepted`)
	require.Equal(t, chromium.Eval[string](client, `conn.id`), chromium.Eval[string](server, `conn.peerId`))
	require.Equal(t, chromium.Eval[string](server, `conn.id`), chromium.Eval[string](client, `conn.peerId`))

	// Messages keep their order, and any JSON value arrives as it was.
	client.Do(`for (const data of [null, 0, -1.5, "grüß \u0000 \ud800 \u{1f600}", [], {a: [{b: null}]}, true])
		await conn.send({type: "value", data})`)
	server.Do(`globalThis.got = []; for await (const m of conn) { got.push(m); if (got.length === 7) break }`)
	require.True(t, chromium.Eval[bool](server, `JSON.stringify(got.map((m) => m.data)) ===
		JSON.stringify([null, 0, -1.5, "grüß \u0000 \ud800 \u{1f600}", [], {a: [{b: null}]}, true]) && got.every((m) => m.type === "value")`))

	// A channel that the client opens, with messages before the server listens.
	client.Do(`globalThis.ch = await conn.openChannel("first"); ch.send("one"); ch.send(new Uint8Array([2]))`)
	server.Do(`for await (const channel of conn.channels) { globalThis.ch = channel; break }`)
	require.True(t, chromium.Eval[bool](server, `ch instanceof RTCDataChannel && ch.label === "first" && ch.readyState === "open"`))
	server.Do(`await new Promise((resolve) => setTimeout(resolve, 100))`) // the messages arrive, and wait
	server.Do(`globalThis.heard = []; ch.onmessage = ({data}) => heard.push(typeof data === "string" ? data : [...new Uint8Array(data)])`)
	client.Do(`ch.send("three")`)
	server.WaitFor("three messages", `heard.length === 3`)
	require.Equal(t, `["one",[2],"three"]`, chromium.Eval[string](server, `JSON.stringify(heard)`))

	// And one that the server opens, listened to by addEventListener.
	server.Do(`globalThis.back = await conn.openChannel("second"); back.send("hello"); back.close()`)
	require.Equal(t, "hello,close", chromium.Eval[string](client, `(async () => {
		for await (const channel of conn.channels) {
			await new Promise((resolve) => setTimeout(resolve, 300)); // it closes in the meantime
			return await new Promise((resolve) => {
				const events = [];
				channel.addEventListener("message", ({data}) => events.push(data));
				channel.addEventListener("close", () => resolve([...events, "close"].join()));
			});
		}
	})()`))

	// Messages without a listener wait, up to a limit. Beyond it the channel fails with an error event.
	client.Do(`globalThis.flood = await conn.openChannel("flood");
		flood.onclose = () => (flood.closed = true);
		for (let i = 0; i < 80 && flood.readyState === "open"; i++) {
			flood.send(new Uint8Array(256 << 10));
			while (flood.readyState === "open" && flood.bufferedAmount > 1 << 20) await new Promise((resolve) => setTimeout(resolve));
		}`)
	client.WaitFor("the flooded channel closed", `flood.closed`)
	require.Equal(t, "flood,16777216,error,close", chromium.Eval[string](server, `(async () => {
		for await (const channel of conn.channels) {
			return await new Promise((resolve) => {
				const events = [channel.label, 0];
				channel.onerror = () => events.push("error");
				channel.onclose = () => resolve([...events, "close"].join());
				channel.onmessage = ({data}) => (events[1] += data.byteLength);
			});
		}
	})()`))

	require.True(t, chromium.Eval[bool](client, `conn.pc instanceof RTCPeerConnection && conn.pc === conn.pc && conn.pc.connectionState === "connected"`))

	// When one side closes, the other's iterations end, and its channels close.
	server.Do(`globalThis.ended = Promise.all([
		(async () => { for await (const m of conn) throw new Error("a message: " + m.type) })(),
		(async () => { for await (const c of conn.channels) throw new Error("a channel: " + c.label) })(),
		new Promise((resolve) => ch.addEventListener("close", resolve)),
	])`)
	client.Do(`conn.close(); conn.close(); for await (const m of conn) throw new Error("a message"); for await (const c of conn.channels) throw new Error("a channel")`)
	server.Do(`await ended`)

	server.Do(`globalThis.over = (async () => { for await (const c of ln) throw new Error("a connection") })(); ln.close(); ln.close(); await over`)
}

// TestJavaScriptErrors: every error has its code, and what belongs to it.
func TestJavaScriptErrors(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	p := chromium.Start(t).OpenSDK(relay.HTTP, "WebSocket connection to", "ERR_CONNECTION_REFUSED", "Content Security Policy")
	p.Do(`
		globalThis.code = async (promise) => {
			try { await promise } catch (err) {
				if (!(err instanceof sdk.IntercessorError && err instanceof Error && err.message)) throw err;
				return err.code;
			}
			return "no error";
		};
		globalThis.pair = async (options) => {
			const ln = await sdk.listen(a, options);
			const accepted = (async () => { for await (const conn of ln) return conn })();
			const client = await sdk.connect(ln.url, options);
			return { ln, client, server: await accepted };
		};`, relay.WS+"/server")

	for _, invalid := range []string{"", "nonsense", "http://\x00", relay.WS, relay.WS + "/server", "ftp://relay.example/client/a"} {
		require.Equal(t, "invalid", chromium.Eval[string](p, `code(sdk.connect(a))`, invalid), "connect to %q", invalid)
	}
	require.Equal(t, "no-such-server", chromium.Eval[string](p, `code(sdk.connect(a))`, relay.WS+"/client/nobody"))
	require.Equal(t, 4500, chromium.Eval[int](p, `sdk.connect(a).catch((err) => err.closeCode)`, relay.WS+"/client/nobody"))
	require.Equal(t, "relay-closed", chromium.Eval[string](p, `code(sdk.connect("ws://localhost:1/client/a"))`), "the page's policy forbids it")
	require.Equal(t, "invalid", chromium.Eval[string](p, `code(sdk.connect(a, {iceServers: [{urls: "http://stun.example"}]}))`, relay.WS+"/client/nobody"))
	require.Equal(t, "invalid", chromium.Eval[string](p, `code(sdk.connect(a, {iceServers: [null]}))`, relay.WS+"/client/nobody"))
	require.Equal(t, "aborted", chromium.Eval[string](p, `code(sdk.connect(a, {signal: AbortSignal.abort()}))`, relay.WS+"/client/nobody"))
	require.Equal(t, "aborted", chromium.Eval[string](p, `(async () => {
		const controller = new AbortController();
		const promise = sdk.listen(a, {signal: controller.signal});
		queueMicrotask(() => queueMicrotask(() => controller.abort()));
		return code(promise);
	})()`, relay.WS+"/server"))

	p.Do(`Object.assign(globalThis, await pair())`)
	for _, message := range []string{
		`undefined`, `null`, `{type: "a"}`, `{type: "a", data() {}}`, `{type: "a", data: Symbol()}`, `{type: "a", data: 1n}`,
		`(() => { const data = {}; data.data = data; return {type: "a", data} })()`, `{type: "a", data: {toJSON() { throw 1 }}}`,
		`{data: 1}`, `{type: 1, data: 1}`, `{type: "", data: 1}`, `{type: "a b", data: 1}`, `{type: "HELLO", data: 1}`, `{type: "OFFER", data: 1}`,
		`{type: "\ud800", data: 1}`, `{type: "a", data: JSON.parse("[".repeat(40) + "]".repeat(40))}`,
	} {
		require.Equal(t, "invalid", chromium.Eval[string](p, `code(client.send(`+message+`))`), "send(%s)", message)
	}
	require.Equal(t, "too-large", chromium.Eval[string](p, `code(client.send({type: "a", data: "x".repeat(16 << 20)}))`))
	require.Equal(t, "no error", chromium.Eval[string](p, `code(client.send({type: "a", data: "x".repeat(70000)}))`))
	require.Equal(t, "no error", chromium.Eval[string](p, `code(client.send({type: "a", data: Object.assign(Object.create(null), {x: 1})}))`))

	require.Equal(t, "aborted", chromium.Eval[string](p, `code(client.openChannel("a", {signal: AbortSignal.abort()}))`))
	require.Equal(t, "no error", chromium.Eval[string](p, `(async () => code(server.openChannel("a")))()`))

	p.Do(`client.close()`)
	require.Equal(t, "closed", chromium.Eval[string](p, `code(client.send({type: "a", data: 1}))`))
	require.Equal(t, "closed", chromium.Eval[string](p, `code(client.openChannel("a"))`))
	p.Do(`for await (const m of server);`)
	require.Equal(t, "peer-gone", chromium.Eval[string](p, `code(server.send({type: "a", data: 1}))`))

	// The relay goes away: messages take the direct path, and wait if there is none; open channels do not end.
	p.Do(`globalThis.far = await pair({paths: "relay"})
		Object.assign(globalThis, await pair()); globalThis.ch = await client.openChannel("a");
		for await (const channel of server.channels) { globalThis.peer = channel; break }`)
	p.WaitFor("the direct path", `[client, server].every(({ path }) => path.route === "direct")`)
	relay.Kill()
	p.WaitFor("that the others wait for the relay", `far.client.state === "reconnecting" && far.server.state === "reconnecting" && ln.state === "reconnecting"`)
	require.Equal(t, "connected connected", chromium.Eval[string](p, `client.state + " " + server.state`))
	require.Equal(t, "no error", chromium.Eval[string](p, `code(client.send({type: "a", data: 1}))`))
	require.Equal(t, "relay-closed", chromium.Eval[string](p, `code(sdk.connect(a))`, relay.WS+"/client/nobody"))
	require.Equal(t, "still here", chromium.Eval[string](p, `new Promise((resolve) => { peer.onmessage = ({data}) => resolve(data); ch.send("still here") })`))
	require.Equal(t, 1, chromium.Eval[int](p, `(async () => { for await (const { data } of server) return data })()`))
	p.Do(`globalThis.last = far.client.send({type: "a", data: 2}); far.client.close()`)
	require.Equal(t, "refused closed-here", chromium.Eval[string](p, `last.then(({outcome}) => outcome).then(({kind, reason}) => kind + " " + reason)`))
}

// TestJavaScriptICEFailure: a peer that takes no part in WebRTC, and one whose
// candidates lead nowhere.
func TestJavaScriptICEFailure(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	p := chromium.Start(t).OpenSDK(relay.HTTP)
	server := rawpeer.Join(t, relay.Addr, "/server")
	p.Do(`globalThis.conn = await sdk.connect(a); globalThis.opening = conn.openChannel("a").catch((err) => err)`, relay.WS+"/client/"+server.ID)
	server.Text(`{"to":%q,"type":"ANSWER","message":{"type":"answer","sdp":"nonsense"}}`, chromium.Eval[string](p, `conn.id`))
	require.Equal(t, "ice-failed", chromium.Eval[string](p, `opening.then((err) => err.code)`))
	require.True(t, chromium.Eval[bool](p, `opening.then((err) => Array.isArray(err.candidates.local) && Array.isArray(err.candidates.remote))`))
}

// rememberFunctions puts every function that Go makes into made: the SDK takes the class that
// wasm_exec.js defines. The page must not have loaded it before, as the chat page does.
const rememberFunctions = `
	globalThis.made = [];
	let remembering;
	Object.defineProperty(globalThis, "Go", {
		get: () => remembering,
		set(Go) {
			remembering = class extends Go {
				_makeFuncWrapper(id) { made.push(super._makeFuncWrapper(id)); return made.at(-1) }
			};
		},
	});`

// TestNoCallbackIsLeaked: whatever the connections made in the bridge between Go
// and JavaScript, they give back.
func TestNoCallbackIsLeaked(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	p := chromium.Start(t).Open(relay.HTTP+bare, "404") // it has no icon
	p.Do(rememberFunctions+`
		globalThis.sockets = [];
		globalThis.WebSocket = class extends WebSocket {
			constructor(...args) { super(...args); sockets.push(this) }
		};
		globalThis.sdk = await import("/sdk/intercessor.js");
		globalThis.meet = async () => {
			const ln = await sdk.listen(a);
			const accepted = (async () => { for await (const conn of ln) return conn })();
			const client = await sdk.connect(ln.url);
			const server = await accepted;
			const ch = await client.openChannel("a");
			for await (const channel of server.channels) { channel.close(); break }
			await client.send({type: "a", data: 1});
			client.close();
			for await (const m of server);
			ln.close();
			await sdk.connect(ln.url).catch(() => {});
		};`, relay.WS+"/server")
	p.Do(`await meet(); globalThis.before = made.length`)
	p.Do(`for (let i = 0; i < 10; i++) await Promise.all([meet(), meet(), meet(), meet(), meet()])`)
	// Closing goes on in the background, and ends with the sockets.
	p.WaitFor("that all sockets are closed", `sockets.every((socket) => socket.readyState === WebSocket.CLOSED)`)

	// A released function says so when it is called; one that is not would act.
	made := chromium.Eval[int](p, `made.length - before`)
	require.Greater(t, made, 50*10)
	released := chromium.Eval[int](p, `(() => {
		let released = 0;
		const { error } = console;
		console.error = (text) => { if (String(text).includes("call to released function")) released++ };
		for (const f of made.slice(before)) f();
		console.error = error;
		return released;
	})()`)
	require.Equal(t, made, released, "functions of Go that were made by 50 connections, and those that were released")
	p.Do(`await meet()`)
}

// TestSDKStartsAnewAfterAFault: when Go itself dies, everything that waits gets an
// error, the page an error event, and the next connection starts it again.
func TestSDKStartsAnewAfterAFault(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	p := chromium.Start(t).Open(relay.HTTP+bare, "404", "the SDK's WebAssembly has stopped", "panic:", "goroutine ", "exit code:", "index out of range")
	p.Do(rememberFunctions+`
		globalThis.sdk = await import("/sdk/intercessor.js");
		globalThis.errors = [];
		addEventListener("error", (event) => errors.push(event.error.code));
		globalThis.ln = await sdk.listen(a);
		globalThis.waiting = (async () => { for await (const conn of ln); })().catch((err) => err.code);
		for (const f of made) try { f() } catch { /* no way to call it */ }`, relay.WS+"/server")
	require.Equal(t, "internal", chromium.Eval[string](p, `waiting`))
	require.Equal(t, "internal", chromium.Eval[string](p, `errors.join()`))
	p.Do(`ln.close()`)
	require.Equal(t, "no-such-server", chromium.Eval[string](p, `sdk.connect(a).catch((err) => err.code)`, relay.WS+"/client/nobody"))
	p.Do(`(await sdk.listen(a)).close()`, relay.WS+"/server")
}
