package browser_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/web"
)

// BenchmarkStart measures how soon a page that does nothing else has HELLO, and an open data channel,
// from the beginning of its navigation. A page of PeerJS does the same by turns; its HELLO is the open
// event. The third page is the floor of any Go program: it starts an empty one while its own script gets HELLO.
// All bring their hints for the browser. far adds 25 ms each way to every connection. Cold is a
// Chromium that has never been here, cached a new tab of one that has. Each turn is one iteration:
//
//	go test -run '^$' -bench Start -benchtime 20x ./e2e/browser
func BenchmarkStart(b *testing.B) {
	for _, network := range []struct {
		name string
		half time.Duration
	}{{"near", 0}, {"far", 25 * time.Millisecond}} {
		pages := startPages(b, network.half)
		b.Run(network.name+"/cold", func(b *testing.B) {
			measureStart(b, func(i int) started {
				browser := chromium.Start(b)
				defer browser.Close()
				return start(b, browser, pages[i])
			})
		})
		b.Run(network.name+"/cached", func(b *testing.B) {
			var browsers [3]*chromium.Browser
			for i := range browsers {
				browsers[i] = chromium.Start(b)
				start(b, browsers[i], pages[i])
			}
			measureStart(b, func(i int) started { return start(b, browsers[i], pages[i]) })
		})
	}
}

// started is when things had happened, in milliseconds since the navigation began.
type started struct{ Hello, Channel float64 }

// start opens a page in a new tab.
func start(b *testing.B, browser *chromium.Browser, page string) started {
	ctx, closeTab := chromedp.NewContext(browser.Ctx)
	defer closeTab()
	require.NoError(b, chromedp.Do(ctx))
	p := chromium.Attach(b, ctx)
	p.Navigate(page)
	return chromium.Eval[started](p, `times`)
}

// measureStart reports medians, and of the ratios to PeerJS also the quartiles.
func measureStart(b *testing.B, once func(i int) started) {
	var all [3][]started
	for b.Loop() {
		for i := range all {
			all[i] = append(all[i], once(i))
		}
	}
	b.ReportMetric(0, "ns/op") // it would count the browser's start
	hello, channel := func(s started) float64 { return s.Hello }, func(s started) float64 { return s.Channel }
	for _, of := range []struct {
		name  string
		which int
		get   func(started) float64
	}{{"hello", 0, hello}, {"channel", 0, channel}, {"floor", 2, hello}} {
		var times, theirs, ratios []float64
		for i := range all[0] {
			times, theirs = append(times, of.get(all[of.which][i])), append(theirs, of.get(all[1][i]))
			ratios = append(ratios, times[i]/theirs[i])
		}
		for _, values := range [][]float64{times, theirs, ratios} {
			slices.Sort(values)
		}
		n := len(ratios)
		b.ReportMetric(times[n/2], of.name+"-ms")
		if of.which == 0 {
			b.ReportMetric(theirs[n/2], "peerjs-"+of.name+"-ms")
		}
		for name, at := range map[string]int{"ratio": n / 2, "ratio-low": n / 4, "ratio-high": n * 3 / 4} {
			b.ReportMetric(ratios[at], of.name+"-"+name)
		}
	}
}

// startPages returns the URLs of the three pages, to which half is added each way. The peers that
// they meet are pages, too.
func startPages(b *testing.B, half time.Duration) (pages [3]string) {
	far := func(url string) (address string) {
		proxy, err := chaos.Listen(strings.TrimPrefix(url, "http://"), nil)
		require.NoError(b, err)
		b.Cleanup(func() { _ = proxy.Close() })
		proxy.SetFaults(chaos.Faults{Up: chaos.Way{Delay: half}, Down: chaos.Way{Delay: half}})
		return proxy.Addr()
	}
	browser := chromium.Start(b)

	sdk, empty := web.Handler(), buildEmpty(b)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/", "/empty":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, map[string]string{"/": startSDK, "/empty": startEmpty}[r.URL.Path])
		case "/empty.wasm":
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "application/wasm")
			w.Header().Set("ETag", `"empty"`)
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(empty))
		default:
			sdk.ServeHTTP(w, r)
		}
	}))
	b.Cleanup(site.Close)
	origin := "http://" + far(site.URL)
	relay := relayproc.StartBinary(b, relayproc.Build(b, "relayd"), "--origin", origin)
	server := browser.OpenSDK(relay.HTTP)
	server.Do(`globalThis.ln = await sdk.listen(a)
		;(async () => { for await (const conn of ln) (async () => { for await (const channel of conn.channels); })().catch(() => {}) })()`, relay.WS+"/server")
	client := "#ws://" + far(relay.HTTP) + "/client/" + chromium.Eval[string](server, `ln.id`)
	pages[0], pages[2] = origin+"/"+client, origin+"/empty"+client

	page, port := startPeerJS(b)
	server = browser.Open(page)
	server.Do(`globalThis.peer = new Peer({ host: "127.0.0.1", port: a, config: { iceServers: [] } })
		globalThis.address = await new Promise((resolve) => peer.on("open", resolve))`, port)
	_, farPort, _ := strings.Cut(far(fmt.Sprintf("127.0.0.1:%d", port)), ":")
	pages[1] = "http://" + far(strings.TrimSuffix(page, "/")) + "/start?" + farPort + "#" + chromium.Eval[string](server, `address`)
	return pages
}

// buildEmpty compiles the empty program as wasm/cmd/pack compiles the SDK, and compresses it.
func buildEmpty(b *testing.B) []byte {
	path := filepath.Join(b.TempDir(), "empty.wasm")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-w", "-gcflags=all=-l", "-o", path, "testdata/empty/main.go")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := build.CombinedOutput()
	require.NoError(b, err, "%s", out)
	program, err := os.ReadFile(path)
	require.NoError(b, err)
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	_, err = w.Write(program)
	require.NoError(b, errors.Join(err, w.Close()))
	b.Logf("the empty program has %d bytes, %d as gzip", len(program), compressed.Len())
	return compressed.Bytes()
}

const (
	startSDK = `<!doctype html><link rel="icon" href="data:,">
<link rel="preload" href="sdk/intercessor.wasm" as="fetch" type="application/wasm" crossorigin>
<link rel="modulepreload" href="sdk/intercessor.js">
<script type="module">
	import { connect } from "./sdk/intercessor.js"
	globalThis.times = (async () => {
		const conn = await connect(location.hash.slice(1))
		const Hello = performance.now()
		await conn.openChannel("a")
		return { Hello, Channel: performance.now() }
	})()
</script>`

	startEmpty = `<!doctype html><link rel="icon" href="data:,">
<link rel="preload" href="empty.wasm" as="fetch" type="application/wasm" crossorigin>
<script src="sdk/wasm_exec.js"></script>
<script type="module">
	globalThis.times = (async () => {
		const socket = new WebSocket(location.hash.slice(1), "intercessor.v1")
		const hello = new Promise((resolve) => (socket.onmessage = resolve))
		const go = new Go()
		go.run((await WebAssembly.instantiateStreaming(fetch("empty.wasm"), go.importObject)).instance)
		await hello
		return { Hello: performance.now(), Channel: 0 }
	})()
</script>`

	startPeer = `
	globalThis.times = (async () => {
		const peer = new Peer({ host: "127.0.0.1", port: Number(location.search.slice(1)), config: { iceServers: [] } })
		await new Promise((resolve) => peer.on("open", resolve))
		const Hello = performance.now()
		const conn = peer.connect(location.hash.slice(1))
		await new Promise((resolve) => conn.on("open", resolve))
		return { Hello, Channel: performance.now() }
	})()`
)
