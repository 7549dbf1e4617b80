package browser_test

import (
	"context"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

// BenchmarkPageToHello measures how long a user who opens a room's link waits: from
// the beginning of the navigation until connect() has resolved, which it does with
// HELLO. chat is the demonstration page; bare is a page that has nothing but the
// SDK. cold is a Chromium that has never been here, cached a new tab of one that
// has. Each load is one iteration:
//
//	go test -run '^$' -bench PageToHello -benchtime 20x ./e2e/browser
func BenchmarkPageToHello(b *testing.B) {
	relay := relayproc.StartBinary(b, relayproc.Build(b, "relayd")) // as users run it: without the race detector
	for _, page := range []struct{ name, path string }{{"chat", "/"}, {"bare", bare}} {
		b.Run(page.name+"/cold", func(b *testing.B) {
			var loads []load
			for b.Loop() {
				browser := chromium.Start(b)
				loads = append(loads, pageToHello(browser, relay, page.path))
				browser.Close()
			}
			report(b, loads)
		})
		b.Run(page.name+"/cached", func(b *testing.B) {
			browser := chromium.Start(b)
			pageToHello(browser, relay, page.path)
			var loads []load
			for b.Loop() {
				loads = append(loads, pageToHello(browser, relay, page.path))
			}
			report(b, loads)
		})
	}
}

// bare is a text that relayd serves: as a page it waits for nothing.
const bare = "/sdk/intercessor.d.ts"

// A load is when things happened, in milliseconds since the navigation began.
type load struct {
	Asked    float64 // the SDK began to compile its WebAssembly
	Compiled float64 // it was there and compiled
	Socket   float64 // the WebSocket was made
	Hello    float64 // connect() had resolved
}

// watch runs in the page before everything else and notes those times. On the
// bare page it connects itself; the other says "You are in" in the task in which
// connect() resolves.
const watch = `globalThis.load = new Promise((resolve, reject) => {
	const load = {};
	const { compileStreaming } = WebAssembly;
	WebAssembly.compileStreaming = async (response) => {
		load.Asked = performance.now();
		const module = await compileStreaming(response);
		load.Compiled = performance.now();
		return module;
	};
	globalThis.WebSocket = class extends WebSocket {
		constructor(...args) {
			super(...args);
			load.Socket ??= performance.now();
		}
	};
	const connected = () => {
		load.Hello = performance.now();
		resolve(load);
	};
	if (location.pathname === "` + bare + `") {
		import(location.origin + "/sdk/intercessor.js")
			.then((sdk) => sdk.connect("ws://" + location.host + "/client/" + location.hash.slice(1)))
			.then(connected).catch(reject);
		return;
	}
	new MutationObserver((_, observer) => {
		if (document.getElementById("room-state")?.textContent !== "You are in") return;
		observer.disconnect();
		connected();
	}).observe(document, { childList: true, subtree: true });
})`

// pageToHello opens the link of a room in a new tab, which shares the browser's
// cache with those before it.
func pageToHello(b *chromium.Browser, relay *relayproc.Relay, path string) load {
	b.T.Helper()
	server, err := sdk.Listen(patience.Context(b.T), relay.WS+"/server", nil)
	require.NoError(b.T, err)
	defer server.Close()

	ctx, closeTab := chromedp.NewContext(b.Ctx)
	defer closeTab()
	require.NoError(b.T, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
		return err
	})))
	p := chromium.Attach(b.T, ctx)
	p.Navigate(relay.HTTP + path + "#" + server.ID())
	l := chromium.Eval[load](p, `load`)
	require.NotZero(b.T, l.Compiled, "the SDK does not compile its WebAssembly while it downloads")
	return l
}

// report gives the median and the 90th percentile of the loads, and the medians
// of what they consist of.
func report(b *testing.B, loads []load) {
	quantile := func(q float64, of func(load) float64) float64 {
		values := make([]float64, len(loads))
		for i, l := range loads {
			values[i] = of(l)
		}
		slices.Sort(values)
		return values[int(q*float64(len(values)-1)+0.5)]
	}
	b.ReportMetric(0, "ns/op") // it would count the browser's start
	b.ReportMetric(quantile(0.5, func(l load) float64 { return l.Hello }), "ms")
	b.ReportMetric(quantile(0.9, func(l load) float64 { return l.Hello }), "p90-ms")
	b.ReportMetric(quantile(0.5, func(l load) float64 { return l.Asked }), "page-ms")
	b.ReportMetric(quantile(0.5, func(l load) float64 { return l.Compiled - l.Asked }), "wasm-ms")
	b.ReportMetric(quantile(0.5, func(l load) float64 { return l.Hello - l.Compiled }), "go-ms")
	b.ReportMetric(quantile(0.5, func(l load) float64 { return l.Socket }), "socket-ms")
}
