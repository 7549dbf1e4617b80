package browser_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// BenchmarkFirstContact measures how soon two pages reach each other that are loaded and have
// no connection: from the call that dials until the other page has the first message, and
// until the dialling page has an open data channel. PeerJS, with its own server, does the same by
// turns, from the making of its Peer. Neither has STUN or TURN servers. Each turn is one iteration:
//
//	go test -run '^$' -bench FirstContact -benchtime 20x ./e2e/browser
func BenchmarkFirstContact(b *testing.B) {
	relay := relayproc.StartBinary(b, relayproc.Build(b, "relayd"))
	browser := chromium.Start(b)
	ours := contact{
		server: browser.OpenSDK(relay.HTTP), client: browser.OpenSDK(relay.HTTP),
		listen: `globalThis.ln = await sdk.listen("` + relay.WS + `/server")
			;(async () => { for await (const conn of ln) (async () => { for await (const { data } of conn) heard(data) })() })()
			globalThis.address = ln.url`,
		message: `const conn = globalThis.conn = await sdk.connect(a)
			await conn.send({ type: "first", data: b })`,
		channel: `const conn = globalThis.conn = await sdk.connect(a)
			await conn.openChannel("a")`,
		end: `conn.close()`,
	}
	page, port := startPeerJS(b)
	const peer = `new Peer({ host: "127.0.0.1", port: %d, config: { iceServers: [] } })`
	const connect = `const peer = globalThis.peer = ` + peer + `
		await new Promise((resolve) => peer.on("open", resolve))
		const conn = peer.connect(a)
		await new Promise((resolve) => conn.on("open", resolve))`
	theirs := contact{
		server: browser.Open(page), client: browser.Open(page),
		listen: fmt.Sprintf(`globalThis.peer = `+peer+`
			peer.on("connection", (conn) => conn.on("data", heard))
			globalThis.address = await new Promise((resolve) => peer.on("open", resolve))`, port),
		message: fmt.Sprintf(connect+`
			conn.send(b)`, port),
		channel: fmt.Sprintf(connect, port),
		end:     `peer.destroy()`,
	}
	ours.begin()
	theirs.begin()
	var times [4][]float64
	for b.Loop() {
		for i, once := range []func() float64{ours.toMessage, theirs.toMessage, ours.toChannel, theirs.toChannel} {
			times[i] = append(times[i], once())
		}
	}
	b.ReportMetric(0, "ns/op") // it would count the ends
	for i, unit := range []string{"message-ms", "peerjs-message-ms", "channel-ms", "peerjs-channel-ms"} {
		slices.Sort(times[i])
		b.ReportMetric(times[i][len(times[i])/2], unit)
	}
}

// contact is how pages of one system reach each other. The scripts of the client have the
// server's address as a and what to say as b.
type contact struct {
	server, client                *chromium.Tab
	listen, message, channel, end string

	address string
	said    int
}

// begin has the server listen, and each page load what it loads on first use.
func (c *contact) begin() {
	c.server.Do(`globalThis.clock = () => performance.timeOrigin + performance.now()
		globalThis.waiting = null
		globalThis.heard = (data) => waiting?.({ data, at: clock() })
		globalThis.next = () => (globalThis.coming = new Promise((resolve) => (waiting = resolve)))
		` + c.listen)
	c.client.Do(`globalThis.clock = () => performance.timeOrigin + performance.now()`)
	c.address = chromium.Eval[string](c.server, `address`)
	c.toMessage()
	c.toChannel()
}

// toMessage returns how many milliseconds passed until the server had a message.
func (c *contact) toMessage() float64 {
	c.said++
	c.server.Do(`next()`)
	began := chromium.Eval[float64](c.client, `(async () => { const began = clock(); `+c.message+`; return began })()`, c.address, c.said)
	at := chromium.Eval[float64](c.server, `coming.then(({ data, at }) => data === a ? at : NaN)`, c.said)
	c.client.Do(c.end)
	return at - began
}

// toChannel returns how many milliseconds passed until the client had a channel.
func (c *contact) toChannel() float64 {
	took := chromium.Eval[float64](c.client, `(async () => { const began = clock(); `+c.channel+`; return clock() - began })()`, c.address)
	c.client.Do(c.end)
	return took
}

// startPeerJS runs the server of PeerJS, and returns a page that has its client.
func startPeerJS(b *testing.B) (page string, port int) {
	b.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	port = free.Addr().(*net.TCPAddr).Port
	require.NoError(b, free.Close())
	ctx, stop := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, "node", "../node_modules/peer/dist/bin/peerjs.js", "--host", "127.0.0.1", "--port", fmt.Sprint(port))
	require.NoError(b, server.Start(), "run `make setup`")
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/peerjs.js" {
			http.ServeFile(w, r, "../node_modules/peerjs/dist/peerjs.min.js")
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><script src="peerjs.js"></script>`)
		if r.URL.Path == "/start" {
			_, _ = fmt.Fprint(w, `<script>`+startPeer+`</script>`)
		}
	}))
	b.Cleanup(func() {
		files.Close()
		stop()
		_ = server.Wait()
	})
	answers := func() bool {
		response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
		if err != nil {
			return false
		}
		return response.Body.Close() == nil
	}
	require.Eventually(b, answers, patience.Max, 50*time.Millisecond, "the server of PeerJS does not answer")
	return files.URL + "/", port
}
