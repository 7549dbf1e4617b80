package chromium

import (
	"context"
	"fmt"
	"strings"
	"testing"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/tab"
)

// A Tab is one page. Those that Open and Blank make have a browser context of their own: no
// storage is shared.
type Tab struct{ *tab.Tab }

// Attach returns the tab of a context of chromedp.
func Attach(t testing.TB, ctx context.Context) *Tab {
	return &Tab{Tab: &tab.Tab{T: t, Ctx: ctx, Driver: driver{}}}
}

// Eval is tab.Eval.
func Eval[T any](p *Tab, expression string, args ...any) T {
	p.T.Helper()
	return tab.Eval[T](p.Tab, expression, args...)
}

// A driver finds its tab in the context.
type driver struct{}

func (driver) Evaluate(ctx context.Context, expression string) ([]byte, error) {
	value, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if err != nil && strings.Contains(err.Error(), "navigated") {
		return nil, fmt.Errorf("%w: %w", tab.ErrLoaded, err)
	}
	return value, err
}

func (driver) Navigate(ctx context.Context, url string) error {
	return chromedp.Do(ctx, chromedp.Navigate(url))
}

func (driver) Reload(ctx context.Context) error { return chromedp.Do(ctx, chromedp.Reload()) }

func (driver) Click(ctx context.Context, selector string) error {
	return chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
}

func (driver) Type(ctx context.Context, selector, text string) error {
	return chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (driver) Upload(ctx context.Context, selector, path string) error {
	return chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path}))
}

func (driver) DownloadTo(ctx context.Context, folder string) error {
	return chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, downloads.SetDownloadBehavior, downloads.SetDownloadBehaviorParams{
			Behavior:         downloads.SetDownloadBehaviorBehaviorAllow,
			BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
			DownloadPath:     folder,
		})
		return err
	}))
}

func (driver) Prelude(ctx context.Context, script string) error {
	return chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

func (driver) Picture(ctx context.Context) ([]byte, error) {
	return chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		r, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{})
		return r.Data, err
	})
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
