package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// browsers are the names and places of Chromium and its kin.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}

// shell is Chromium without its windows, which takes less than half of the CPU time. It has no
// back-forward cache.
const shell = "chromium-headless-shell"

// chromiums bounds how many run at once: each takes a core while it starts.
var chromiums = make(chan struct{}, 2)

// A browser is a headless Chromium of the test's own, with a profile of its own.
type browser struct {
	t     testing.TB
	ctx   context.Context
	close func() // ends it, once; the test's end does too
}

// startBrowser starts Chromium, its shell if there is one, and ends it with the test.
func startBrowser(t testing.TB, further ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	return launch(t, append([]string{shell}, browsers...), further...)
}

// startWholeBrowser is startBrowser for what the shell lacks.
func startWholeBrowser(t testing.TB) *browser {
	t.Helper()
	return launch(t, browsers)
}

// launch starts the first of these browsers. That there is none is a failure:
// without a browser nothing here is tested.
func launch(t testing.TB, names []string, further ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path := ""
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	require.NotEmpty(t, path, "no Chromium on this machine; run `make setup`, or install chromium")

	chromiums <- struct{}{}
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
	)...)
	ctx, closeTabs := chromedp.NewContext(ctx)
	b := &browser{t: t, ctx: ctx, close: sync.OnceFunc(func() {
		closeTabs()
		end()
		<-chromiums
	})}
	t.Cleanup(b.close)
	require.NoError(t, chromedp.Do(ctx), "Chromium does not start")
	return b
}

// A tab is one page in a browser context of its own: no storage is shared.
type tab struct {
	t       testing.TB
	ctx     context.Context
	allowed []string // what may be said on the console

	mu      sync.Mutex
	console []string // guarded by mu: unexpected errors and warnings
}

// open opens a page and waits for its load event. What the page reports to the
// console as an error or a warning fails the test, but for what contains one of
// the allowed texts.
func (b *browser) open(url string, allowed ...string) *tab {
	b.t.Helper()
	p := b.blank(allowed...)
	p.navigate(url)
	return p
}

// blank opens an empty tab.
func (b *browser) blank(allowed ...string) *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	p := &tab{t: b.t, ctx: ctx, allowed: allowed}
	require.NoError(b.t, chromedp.Do(ctx))
	p.viewport(1280, 800, "light")
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for message, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			p.heard(message)
		}
	}()
	b.t.Cleanup(func() {
		cancel()
		<-watched
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, line := range p.console {
			b.t.Errorf("the page's console: %s", line)
		}
	})
	return p
}

func (p *tab) heard(message chromedp.ConsoleMessage) {
	line := fmt.Sprintf("%s: %s", message.Type, message.Text)
	for _, text := range p.allowed {
		if strings.Contains(line, text) {
			return
		}
	}
	p.t.Logf("the page's console: %s", line)
	switch message.Type {
	case chromedp.ConsoleError, chromedp.ConsoleWarning, chromedp.ConsoleException, "assert":
		p.mu.Lock()
		defer p.mu.Unlock()
		p.console = append(p.console, line)
	}
}

func (p *tab) navigate(url string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.Navigate(url)))
}

// eval gives the value of a JavaScript expression, awaited if it is a promise.
// The arguments are what the expression calls a, b, c and d.
func eval[T any](p *tab, expression string, args ...any) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](call(p.t, expression, args), chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, "in the page: %s", expression)
	return value
}

// do runs JavaScript statements, await among them.
func (p *tab) do(statements string, args ...any) {
	p.t.Helper()
	eval[bool](p, "(async () => {"+statements+"\n})().then(() => true)", args...)
}

// sees waits until an expression is truthy; what says so in the failure.
func (p *tab) sees(what, expression string, args ...any) {
	p.t.Helper()
	// The page looks itself: chromedp's Poll needs eval, which the page's policy forbids.
	look := fmt.Sprintf(`(async () => {
		for (const end = performance.now() + %d; performance.now() < end; ) {
			if (%s) return true;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		return false;
	})()`, (patience - time.Second).Milliseconds(), call(p.t, expression, args))
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[bool](look, chromedp.EvalAwaitPromise))
	for err != nil && strings.Contains(err.Error(), "navigated") { // the page is being loaded again
		shown, err = chromedp.Run(ctx, chromedp.Evaluate[bool](look, chromedp.EvalAwaitPromise))
	}
	require.NoError(p.t, err, "in the page: %s", what)
	if !shown {
		p.shot("failed")
		p.t.Fatalf("the page never showed %s; it says:\n%s", what, eval[string](p, "document.body.innerText"))
	}
}

func call(t testing.TB, expression string, args []any) string {
	t.Helper()
	if len(args) == 0 {
		return expression
	}
	values := make([]string, len(args))
	for i, arg := range args {
		b, err := json.Marshal(arg)
		require.NoError(t, err)
		values[i] = string(b)
	}
	names := []string{"a", "b", "c", "d"}[:len(args)]
	return fmt.Sprintf("((%s) => (%s))(%s)", strings.Join(names, ","), expression, strings.Join(values, ","))
}

// says waits until an element shows a text.
func (p *tab) says(selector, text string) {
	p.t.Helper()
	p.sees(fmt.Sprintf("%q in %s", text, selector),
		`[...document.querySelectorAll(a)].some((e) => e.checkVisibility() && e.textContent.includes(b))`, selector, text)
}

// click clicks an element as the user would; write types into it.
func (p *tab) click(selector string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))), "click %s", selector)
}

func (p *tab) write(selector, text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS(selector), text)), "write into %s", selector)
}

// upload chooses a file in a file field.
func (p *tab) upload(selector, path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path})))
}

// downloadsTo says where the browser puts what the page's user saves.
func (p *tab) downloadsTo(folder string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, downloads.SetDownloadBehavior, downloads.SetDownloadBehaviorParams{
			Behavior:         downloads.SetDownloadBehaviorBehaviorAllow,
			BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
			DownloadPath:     folder,
		})
		return err
	})))
}

// prelude runs JavaScript in every page of the tab, before the page's own.
func (p *tab) prelude(script string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	})))
}

// asks waits until what trigger does makes the browser or the page ask the user
// something, answers, and gives what was asked.
func (p *tab) asks(accept bool, trigger string) page.EventJavascriptDialogOpening {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	asked := chromedp.Events(ctx, page.JavascriptDialogOpening)
	p.do("setTimeout(() => {" + trigger + "})")
	for question, err := range asked {
		require.NoError(p.t, err, "nothing was asked after %s", trigger)
		require.NoError(p.t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: accept})
			return err
		})))
		return question
	}
	p.t.Fatalf("nothing was asked after %s", trigger)
	return page.EventJavascriptDialogOpening{}
}

// viewport sets the size of the window; below 500 pixels it is a phone's.
func (p *tab) viewport(width, height int64, scheme string) {
	p.t.Helper()
	var options []chromedp.EmulateViewportOption
	if width < 500 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait, chromedp.EmulateScale(2))
	}
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.EmulateViewport(width, height, options...),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		})))
}

// shot saves a picture of the window in the folder that INTERCESSOR_SHOTS names,
// if it names one.
func (p *tab) shot(name string) {
	p.t.Helper()
	folder := os.Getenv("INTERCESSOR_SHOTS")
	if folder == "" {
		return
	}
	require.NoError(p.t, os.MkdirAll(folder, 0o755))
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		r, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{})
		return r.Data, err
	})
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
}
