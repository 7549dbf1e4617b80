package npm_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// TestNode: the guide's programs run in Node, with its own WebSocket and with the package ws, and
// end by themselves.
func TestNode(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	const own, none = "--experimental-websocket", "--no-experimental-websocket" // from Node 22 on it has its own without a flag
	p.write(t, "client.js", strings.ReplaceAll(program(t, client), "wss://relay.example.org/client/ID", p.echo.ClientURL()))
	p.write(t, "server.js", strings.ReplaceAll(program(t, nodeServer), "wss://relay.example.org", p.relay.WS))

	out, err := p.command(t, "node", none, "client.js").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "has no WebSocket: npm install ws, or load({ WebSocket })")

	ws, err := filepath.Abs("../node_modules/ws")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(ws, filepath.Join(p.folder, "node_modules/ws")))
	for _, socket := range []string{own, none} {
		out, err := p.command(t, "node", "--no-warnings", socket, "client.js").CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, strings.Join(said, "\n")+"\n", string(out), socket)
	}

	p.write(t, "abort.js", `import { createServer } from "node:net"
		import { connect } from "intercessor"
		const giveUp = new AbortController()
		const silent = createServer(() => giveUp.abort()).listen(0, "127.0.0.1", async () => {
			await connect("ws://127.0.0.1:" + silent.address().port + "/client/id", { signal: giveUp.signal }).catch((err) => console.log(err.code))
			silent.close(() => console.log("goes on"))
		})`)
	for _, socket := range []string{own, none} {
		out, err := p.command(t, "node", "--no-warnings", socket, "abort.js").CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, "aborted\ngoes on\n", string(out), socket)
	}

	server := p.command(t, "node", none, "server.js")
	server.Stderr = os.Stderr
	conn := sdkpeer.Dial(t, relayproc.FirstLine(t, server))
	sdkpeer.Send(t, conn, "greeting", `"hello"`)
	sdkpeer.Receive(t, conn, "greeting", `"hello"`)
	stream, err := conn.OpenStream(patience.Context(t), "bytes")
	require.NoError(t, err)
	_, err = io.WriteString(stream, "many bytes")
	require.NoError(t, err)
	require.NoError(t, stream.CloseWrite())
	content, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.Equal(t, "many bytes", string(content))
}

// TestNodeWithWebRTC: with a polyfill passed in there is a direct path to a native peer.
func TestNodeWithWebRTC(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.write(t, "client.cjs", `const { RTCPeerConnection } = require("@roamhq/wrtc"), WebSocket = require("ws")
		import("intercessor").then(async ({ connect, load }) => {
			await load({ RTCPeerConnection, WebSocket })
			const conn = await connect("`+p.echo.ClientURL()+`")
			while (conn.path.route !== "direct") await new Promise((changed) => conn.addEventListener("pathchange", changed, { once: true }))
			await conn.send({ type: "greeting", data: "hello" })
			for await (const { type, data } of conn) console.log(conn.path.route, type, data)
		})`)
	node := p.command(t, "node", "client.cjs")
	node.Stderr = os.Stderr
	require.Equal(t, "direct greeting hello", relayproc.FirstLine(t, node))
}

// TestLoad: the options of load take effect, and what cannot be loaded is named.
func TestLoad(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for name, code := range map[string]string{
		"bytes":  `await load({ wasm: await readFile(wasm) })`,
		"module": `await load({ wasm: await WebAssembly.compile(await readFile(wasm)) })`,
		"class": `class Own { constructor(url) { console.log("opens", url); process.exit() } }
			await load({ WebSocket: Own })
			await connect("ws://relay.example/client/id")`,
		"names": `Error.stackTraceLimit = 50
			class Own { constructor() { console.log(new Error().stack); process.exit() } }
			` + strings.ReplaceAll(strings.TrimPrefix(program(t, readable), "import { load } from \"intercessor\";\n"), "https://relay.example.org", p.relay.HTTP) + `
			globalThis.WebSocket = Own
			await connect("ws://relay.example/client/id")`,
		"page": `await load({ wasm: "` + p.url + `/index.html" }).catch((err) => console.log(err.code, err.message))`,
		"nothing": `await load({ wasm: "` + p.url + `/nothing.wasm" }).catch((err) => console.log(err.code, err.message))
			await load() // another attempt succeeds`,
	} {
		p.write(t, name+".js", `import { connect, load } from "intercessor"
			import { readFile } from "node:fs/promises"
			class WebSocket {}
			const wasm = new URL(import.meta.resolve("intercessor/intercessor.wasm"))
			`+strings.ReplaceAll(code, "load({ wasm:", "load({ WebSocket, wasm:"))
	}
	p.write(t, "index.html", "<!doctype html><title>A page</title>")
	for name, want := range map[string]string{
		"bytes":   "",
		"module":  "",
		"class":   "opens ws://relay.example/client/id\n",
		"names":   "signaling.openSocket",
		"page":    "internal " + p.url + "/index.html is a page; put intercessor.wasm there, or say where it is: load({ wasm: url })\n",
		"nothing": "internal " + p.url + "/nothing.wasm answers with HTTP status 404: 404 page not found\n; put",
	} {
		out, err := p.command(t, "node", "--no-experimental-websocket", name+".js").CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
		require.Contains(t, string(out), want, name)
		if want == "" {
			require.Empty(t, string(out), name)
		}
	}
}
