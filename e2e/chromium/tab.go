package chromium

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
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

	"github.com/sebas642/intercessor/e2e/patience"
)

// A Tab is one page in a browser context of its own: no storage is shared.
type Tab struct {
	T       testing.TB
	Ctx     context.Context
	allowed []string // what may be said on the console

	mu      sync.Mutex
	console []string // guarded by mu: unexpected errors and warnings
}

func (p *Tab) heard(message chromedp.ConsoleMessage) {
	line := fmt.Sprintf("%s: %s", message.Type, message.Text)
	for _, text := range p.allowed {
		if strings.Contains(line, text) {
			return
		}
	}
	p.T.Logf("the page's console: %s", line)
	switch message.Type {
	case chromedp.ConsoleError, chromedp.ConsoleWarning, chromedp.ConsoleException, "assert":
		p.mu.Lock()
		defer p.mu.Unlock()
		p.console = append(p.console, line)
	}
}

func (p *Tab) Navigate(url string) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.Navigate(url)))
}

// Eval returns the value of a JavaScript expression, awaited if it is a promise.
// The arguments are what the expression calls a, b, c and d.
func Eval[T any](p *Tab, expression string, args ...any) T {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](call(p.T, expression, args), chromedp.EvalAwaitPromise))
	require.NoError(p.T, err, "in the page: %s", expression)
	return value
}

// Do runs JavaScript statements, await among them.
func (p *Tab) Do(statements string, args ...any) {
	p.T.Helper()
	Eval[bool](p, "(async () => {"+statements+"\n})().then(() => true)", args...)
}

// WaitFor waits until an expression is truthy; what says so in the failure.
func (p *Tab) WaitFor(what, expression string, args ...any) {
	p.T.Helper()
	// The page looks itself: chromedp's Poll needs eval, which the page's policy forbids.
	look := fmt.Sprintf(`(async () => {
		for (const end = performance.now() + %d; performance.now() < end; ) {
			if (%s) return true;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		return false;
	})()`, (patience.Max - time.Second).Milliseconds(), call(p.T, expression, args))
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[bool](look, chromedp.EvalAwaitPromise))
	for err != nil && strings.Contains(err.Error(), "navigated") { // the page is being loaded again
		shown, err = chromedp.Run(ctx, chromedp.Evaluate[bool](look, chromedp.EvalAwaitPromise))
	}
	require.NoError(p.T, err, "in the page: %s", what)
	if !shown {
		p.Shot("failed")
		p.T.Fatalf("the page never showed %s; it says:\n%s", what, Eval[string](p, "document.body.innerText"))
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

// WaitText waits until an element shows a text.
func (p *Tab) WaitText(selector, text string) {
	p.T.Helper()
	p.WaitFor(fmt.Sprintf("%q in %s", text, selector),
		`[...document.querySelectorAll(a)].some((e) => e.checkVisibility() && e.textContent.includes(b))`, selector, text)
}

// Click clicks an element as the user would; Type types into it.
func (p *Tab) Click(selector string) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))), "click %s", selector)
}

func (p *Tab) Type(selector, text string) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS(selector), text)), "write into %s", selector)
}

// upload chooses a file in a file field.
func (p *Tab) upload(selector, path string) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path})))
}

// DownloadTo says where the browser puts what the page's user saves.
func (p *Tab) DownloadTo(folder string) {
	p.T.Helper()
	require.NoError(p.T, chromedp.Do(p.Ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, downloads.SetDownloadBehavior, downloads.SetDownloadBehaviorParams{
			Behavior:         downloads.SetDownloadBehaviorBehaviorAllow,
			BrowserContextID: chromedp.FromContext(p.Ctx).BrowserContextID,
			DownloadPath:     folder,
		})
		return err
	})))
}

// Prelude runs JavaScript in every page of the tab, before the page's own.
func (p *Tab) Prelude(script string) {
	p.T.Helper()
	require.NoError(p.T, chromedp.Do(p.Ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	})))
}

// AnswerDialog waits until what trigger does makes the browser or the page ask the user
// something, answers, and returns what was asked.
func (p *Tab) AnswerDialog(accept bool, trigger string) page.EventJavascriptDialogOpening {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	asked := chromedp.Events(ctx, page.JavascriptDialogOpening)
	p.Do("setTimeout(() => {" + trigger + "})")
	for question, err := range asked {
		require.NoError(p.T, err, "nothing was asked after %s", trigger)
		require.NoError(p.T, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: accept})
			return err
		})))
		return question
	}
	p.T.Fatalf("nothing was asked after %s", trigger)
	return page.EventJavascriptDialogOpening{}
}

// SetViewport sets the size of the window; below 500 pixels it is a phone's.
func (p *Tab) SetViewport(width, height int64, scheme string) {
	p.T.Helper()
	var options []chromedp.EmulateViewportOption
	if width < 500 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait, chromedp.EmulateScale(2))
	}
	require.NoError(p.T, chromedp.Do(p.Ctx, chromedp.EmulateViewport(width, height, options...),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		})))
}

// Shot saves a picture of the window in the folder that INTERCESSOR_SHOTS names,
// if it names one.
func (p *Tab) Shot(name string) {
	p.T.Helper()
	folder := os.Getenv("INTERCESSOR_SHOTS")
	if folder == "" {
		return
	}
	require.NoError(p.T, os.MkdirAll(folder, 0o755))
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	picture, err := chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		r, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{})
		return r.Data, err
	})
	require.NoError(p.T, err)
	require.NoError(p.T, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
}
