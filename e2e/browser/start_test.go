package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
// event. Both bring their hints for the browser. far adds 25 ms each way to every connection. Cold is a
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
			browsers := [2]*chromium.Browser{chromium.Start(b), chromium.Start(b)}
			for i, browser := range browsers {
				start(b, browser, pages[i])
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

// measureStart reports medians, and of the ratios also the quartiles.
func measureStart(b *testing.B, once func(i int) started) {
	var all [2][]started
	for b.Loop() {
		for i := range all {
			all[i] = append(all[i], once(i))
		}
	}
	b.ReportMetric(0, "ns/op") // it would count the browser's start
	for _, of := range []struct {
		name string
		get  func(started) float64
	}{{"hello", func(s started) float64 { return s.Hello }}, {"channel", func(s started) float64 { return s.Channel }}} {
		var ours, theirs, ratios []float64
		for i := range all[0] {
			ours, theirs = append(ours, of.get(all[0][i])), append(theirs, of.get(all[1][i]))
			ratios = append(ratios, ours[i]/theirs[i])
		}
		for _, values := range [][]float64{ours, theirs, ratios} {
			slices.Sort(values)
		}
		n := len(ratios)
		b.ReportMetric(ours[n/2], of.name+"-ms")
		b.ReportMetric(theirs[n/2], "peerjs-"+of.name+"-ms")
		for name, at := range map[string]int{"ratio": n / 2, "ratio-low": n / 4, "ratio-high": n * 3 / 4} {
			b.ReportMetric(ratios[at], of.name+"-"+name)
		}
	}
}

// startPages returns the URLs of the two pages, to which half is added each way. The peers that
// they meet are pages, too.
func startPages(b *testing.B, half time.Duration) (pages [2]string) {
	far := func(url string) (address string) {
		proxy, err := chaos.Listen(strings.TrimPrefix(url, "http://"), nil)
		require.NoError(b, err)
		b.Cleanup(func() { _ = proxy.Close() })
		proxy.SetFaults(chaos.Faults{Up: chaos.Way{Delay: half}, Down: chaos.Way{Delay: half}})
		return proxy.Addr()
	}
	browser := chromium.Start(b)

	sdk := web.Handler()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			sdk.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, startSDK)
	}))
	b.Cleanup(site.Close)
	origin := "http://" + far(site.URL)
	relay := relayproc.StartBinary(b, relayproc.Build(b, "relayd"), "--origin", origin)
	server := browser.OpenSDK(relay.HTTP)
	server.Do(`globalThis.ln = await sdk.listen(a)
		;(async () => { for await (const conn of ln) (async () => { for await (const channel of conn.channels); })().catch(() => {}) })()`, relay.WS+"/server")
	pages[0] = origin + "/#ws://" + far(relay.HTTP) + "/client/" + chromium.Eval[string](server, `ln.id`)

	page, port := startPeerJS(b)
	server = browser.Open(page)
	server.Do(`globalThis.peer = new Peer({ host: "127.0.0.1", port: a, config: { iceServers: [] } })
		globalThis.address = await new Promise((resolve) => peer.on("open", resolve))`, port)
	_, farPort, _ := strings.Cut(far(fmt.Sprintf("127.0.0.1:%d", port)), ":")
	pages[1] = "http://" + far(strings.TrimSuffix(page, "/")) + "/start?" + farPort + "#" + chromium.Eval[string](server, `address`)
	return pages
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
