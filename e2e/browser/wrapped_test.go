package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// wrappers are what libraries that watch connections put in place of RTCPeerConnection. Each
// counts in made.
var wrappers = map[string]string{
	"a function that returns the browser's": `
		const Own = RTCPeerConnection
		globalThis.RTCPeerConnection = function (...args) {
			made++
			const pc = new Own(...args)
			for (const name of ["createOffer", "createAnswer", "setLocalDescription", "setRemoteDescription", "addIceCandidate", "createDataChannel"]) {
				const method = pc[name]
				pc[name] = (...args) => method.apply(pc, args)
			}
			return pc
		}
		RTCPeerConnection.prototype = Own.prototype`,
	"a subclass": `
		globalThis.RTCPeerConnection = class extends RTCPeerConnection {
			constructor(...args) { super(...args); made++ }
			async setLocalDescription(...args) { await super.setLocalDescription(...args) }
		}`,
	"a proxy of each": `
		globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
			construct(of, args) {
				made++
				return new Proxy(new of(...args), {
					get(pc, name) {
						const value = Reflect.get(pc, name, pc)
						return typeof value === "function" ? value.bind(pc) : value
					},
					set: (pc, name, value) => Reflect.set(pc, name, value, pc),
				})
			},
		})`,
	"an object that has one": `
		const Own = RTCPeerConnection
		globalThis.RTCPeerConnection = class {
			#pc
			constructor(...args) { made++; this.#pc = new Own(...args) }
			static {
				for (let from = Own.prototype; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
					for (const [name, { get, set, value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
						if (name === "constructor" || name in this.prototype) continue
						Object.defineProperty(this.prototype, name, typeof value === "function"
							? { value(...args) { return this.#pc[name](...args) } }
							: { get() { return this.#pc[name] }, set(to) { this.#pc[name] = to } })
					}
				}
			}
		}`,
}

// TestTabWithAWrappedRTCPeerConnectionConnectsDirectly: the page has loaded a library that
// replaced RTCPeerConnection, before the SDK.
func TestTabWithAWrappedRTCPeerConnectionConnectsDirectly(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	server := browser.OpenSDK(relay.HTTP)
	server.Do(`globalThis.ln = await sdk.listen(a)`, relay.WS+"/server")
	for name, wrapper := range wrappers {
		client := browser.Open(relay.HTTP + "/")
		client.Do(`globalThis.made = 0;` + wrapper)
		client.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.conn = await sdk.connect(a)`, chromium.Eval[string](server, `ln.url`))
		server.Do(`for await (const conn of ln) { globalThis.conn = conn; break }`)
		for _, p := range []*chromium.Tab{client, server} {
			p.WaitFor("the direct path with "+name, `conn.path.route === "direct"`)
		}
		for _, sides := range [][2]*chromium.Tab{{client, server}, {server, client}} {
			sides[0].Do(`globalThis.sent = conn.send({ type: "chat", data: a })`, name)
			require.Equal(t, name, chromium.Eval[string](sides[1], `(async () => { for await (const { data } of conn) return data })()`))
			require.Equal(t, "delivered", chromium.Eval[string](sides[0], `sent.then(({ outcome }) => outcome).then(({ kind }) => kind)`))
		}
		server.Do(`globalThis.channel = (async () => { for await (const channel of conn.channels) return channel })()`)
		client.Do(`(await conn.openChannel("a")).send("hello")`)
		require.Equal(t, "hello", chromium.Eval[string](server, `channel.then((channel) => new Promise((resolve) => channel.onmessage = ({ data }) => resolve(data)))`))
		require.Equal(t, 1, chromium.Eval[int](client, `made`), name)
		client.Do(`conn.close()`)
	}
}
