package chromium

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/tab"
)

// browsers are the names and places of Chromium and its kin.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}

// shell is Chromium without its windows, which takes less than half of the CPU time. It has no
// back-forward cache.
const shell = "chromium-headless-shell"

// starting bounds how many start at once: each takes a core until it has. Then its test mostly
// waits, so go test's -parallel bounds how many run.
var starting = make(chan struct{}, 2)

// A Browser is a headless Chromium of the test's own, with a profile of its own.
type Browser struct {
	T     testing.TB
	Ctx   context.Context
	Close func() // ends it, once; the test's end does too
}

// Start starts Chromium, its shell if there is one, and ends it with the test.
func Start(t testing.TB, further ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	return launch(t, append([]string{shell}, browsers...), further...)
}

// StartWhole is Start for what the shell lacks.
func StartWhole(t testing.TB) *Browser {
	t.Helper()
	return launch(t, browsers)
}

// launch starts the first of these browsers. That there is none is a failure:
// without a browser nothing here is tested.
func launch(t testing.TB, names []string, further ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	tab.CheckSDK(t)
	path := ""
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	require.NotEmpty(t, path, "no Chromium on this machine; run `make setup`, or install chromium")

	starting <- struct{}{}
	defer func() { <-starting }()
	ctx, end := chromedp.NewExecAllocator(context.Background(), append(further,
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns,Translate"),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("use-fake-device-for-media-stream", "fps=5"),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
	)...)
	ctx, closeTabs := chromedp.NewContext(ctx)
	b := &Browser{T: t, Ctx: ctx, Close: sync.OnceFunc(func() {
		closeTabs()
		end()
	})}
	t.Cleanup(b.Close)
	require.NoError(t, chromedp.Do(ctx), "Chromium does not start")
	return b
}

// bad are the kinds of the console's lines that no page may have.
var bad = []chromedp.ConsoleType{chromedp.ConsoleError, chromedp.ConsoleWarning, chromedp.ConsoleException, "assert"}

// Open opens a page and waits for its load event. What the page reports to the
// console as an error or a warning fails the test, but for what contains one of
// the allowed texts.
func (b *Browser) Open(url string, allowed ...string) *Tab {
	b.T.Helper()
	p := b.Blank(allowed...)
	p.Navigate(url)
	return p
}

// Blank opens an empty tab.
func (b *Browser) Blank(allowed ...string) *Tab {
	b.T.Helper()
	ctx, cancel := chromedp.NewContext(b.Ctx, chromedp.WithNewBrowserContext())
	p := Attach(b.T, ctx)
	console := tab.NewConsole(b.T, allowed)
	require.NoError(b.T, chromedp.Do(ctx))
	p.SetViewport(1280, 800, "light")
	p.Prelude(tab.Accepting)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for message, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			console.Hear(fmt.Sprintf("%s: %s", message.Type, message.Text), slices.Contains(bad, message.Type))
		}
	}()
	b.T.Cleanup(func() {
		cancel()
		<-watched
		console.Check()
	})
	return p
}

// OpenSDK opens the page of the relay at a URL and imports the SDK into it, as `sdk`.
func (b *Browser) OpenSDK(url string, allowed ...string) *Tab {
	b.T.Helper()
	p := b.Open(url+"/", allowed...)
	p.Do(`globalThis.sdk = await import("./sdk/intercessor.js")`)
	return p
}
