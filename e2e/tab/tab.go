package tab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// A Driver is how a browser is told what to do in one of its tabs.
type Driver interface {
	// Evaluate returns the value of a JavaScript expression as JSON, awaited if it is a promise.
	Evaluate(ctx context.Context, expression string) ([]byte, error)
	Navigate(ctx context.Context, url string) error // until the load event
	Reload(ctx context.Context) error
	Click(ctx context.Context, selector string) error
	Type(ctx context.Context, selector, text string) error // \r is the Enter key
	Upload(ctx context.Context, selector, path string) error
	DownloadTo(ctx context.Context, folder string) error
	Prelude(ctx context.Context, script string) error
	Picture(ctx context.Context) ([]byte, error) // PNG
}

// ErrLoaded is what Evaluate returns if the page is loaded again before the value is there.
var ErrLoaded = errors.New("the page is being loaded again")

// A Tab is one page of a browser.
type Tab struct {
	T      testing.TB
	Ctx    context.Context
	Driver Driver
}

// within runs one step of a test. The step is named in the failure.
func (p *Tab) within(step string, f func(ctx context.Context) error) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, f(ctx), step)
}

func (p *Tab) Navigate(url string) {
	p.T.Helper()
	p.within("open "+url, func(ctx context.Context) error { return p.Driver.Navigate(ctx, url) })
}

// Reload loads the page anew and waits for its load event.
func (p *Tab) Reload() {
	p.T.Helper()
	p.within("reload", p.Driver.Reload)
}

// Eval returns the value of a JavaScript expression, awaited if it is a promise.
// The arguments are what the expression calls a, b, c and d.
func Eval[T any](p *Tab, expression string, args ...any) (value T) {
	p.T.Helper()
	p.within("in the page: "+expression, func(ctx context.Context) error {
		text, err := p.Driver.Evaluate(ctx, call(p.T, expression, args))
		if err != nil {
			return err
		}
		if len(text) == 0 || string(text) == "null" {
			return errors.New("the value is null or undefined")
		}
		return json.Unmarshal(text, &value)
	})
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
	// The page looks itself: drivers that poll need eval, which the page's policy forbids.
	look := fmt.Sprintf(`(async () => {
		for (const end = performance.now() + %d; performance.now() < end; ) {
			if (%s) return true;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		return false;
	})()`, (patience.Max - time.Second).Milliseconds(), call(p.T, expression, args))
	shown := false
	p.within("in the page: "+what, func(ctx context.Context) error {
		for {
			text, err := p.Driver.Evaluate(ctx, look)
			if errors.Is(err, ErrLoaded) && ctx.Err() == nil {
				continue
			}
			shown = string(text) == "true"
			return err
		}
	})
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
	p.within("click "+selector, func(ctx context.Context) error { return p.Driver.Click(ctx, selector) })
}

func (p *Tab) Type(selector, text string) {
	p.T.Helper()
	p.within("write into "+selector, func(ctx context.Context) error { return p.Driver.Type(ctx, selector, text) })
}

// DownloadTo says where the browser puts what the page's user saves.
func (p *Tab) DownloadTo(folder string) {
	p.T.Helper()
	p.within("save to "+folder, func(ctx context.Context) error { return p.Driver.DownloadTo(ctx, folder) })
}

// Prelude runs JavaScript in every page of the tab, before the page's own.
func (p *Tab) Prelude(script string) {
	p.T.Helper()
	p.within("prelude", func(ctx context.Context) error { return p.Driver.Prelude(ctx, script) })
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
	p.within("take a picture", func(ctx context.Context) error {
		picture, err := p.Driver.Picture(ctx)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644)
	})
}
