package firefox

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/tab"
)

// A Tab is one page.
type Tab struct {
	*tab.Tab
	driver *driver
}

// SetViewport sets the size of the window.
func (p *Tab) SetViewport(width, height int) {
	p.T.Helper()
	ctx := patience.Context(p.T)
	require.NoError(p.T, p.driver.call(ctx, "browsingContext.setViewport", params{"viewport": params{"width": width, "height": height}}, nil))
}

// SetLanguage sets the language that the user of the tab prefers.
func (p *Tab) SetLanguage(tag string) {
	p.T.Helper()
	ctx := patience.Context(p.T)
	require.NoError(p.T, p.driver.session.call(ctx, "emulation.setLocaleOverride", params{"locale": tag, "contexts": []string{p.driver.page}}, nil))
}

// A driver drives one tab.
type driver struct {
	session *session
	page    string // the browsing context
	user    string // the user context
}

// call is a command to the tab.
func (d *driver) call(ctx context.Context, method string, p params, result any) error {
	p = maps.Clone(p)
	p["context"] = d.page
	return d.session.call(ctx, method, p, result)
}

// A value is what a script returns. Handle is that of an object.
type value struct {
	Type   string
	Result struct {
		Type, SharedID string
		Value          json.RawMessage
	}
	ExceptionDetails struct{ Text string }
}

func (d *driver) evaluate(ctx context.Context, expression string) (v value, err error) {
	err = d.session.call(ctx, "script.evaluate", params{
		"expression": expression, "target": params{"context": d.page}, "awaitPromise": true,
	}, &v)
	if err == nil && v.Type == "exception" {
		err = fmt.Errorf("exception: %s", v.ExceptionDetails.Text)
	}
	return v, err
}

func (d *driver) Evaluate(ctx context.Context, expression string) ([]byte, error) {
	v, err := d.evaluate(ctx, "(async () => JSON.stringify(await ("+expression+")))()")
	if err != nil || v.Result.Type != "string" {
		return nil, err
	}
	var text string
	err = json.Unmarshal(v.Result.Value, &text)
	return []byte(text), err
}

func (d *driver) Navigate(ctx context.Context, url string) error {
	return d.call(ctx, "browsingContext.navigate", params{"url": url, "wait": "complete"}, nil)
}

func (d *driver) Reload(ctx context.Context) error {
	return d.call(ctx, "browsingContext.reload", params{"wait": "complete"}, nil)
}

// element finds an element once it is there and visible, or not if it need not be.
func (d *driver) element(ctx context.Context, selector, condition string) (params, error) {
	v, err := d.evaluate(ctx, fmt.Sprintf(`new Promise((found) => {
		const look = () => {
			const element = [...document.querySelectorAll(%q)].find((e) => %s);
			if (element) found(element);
			else setTimeout(look, 10);
		};
		look();
	})`, selector, condition))
	return params{"sharedId": v.Result.SharedID}, err
}

func (d *driver) Click(ctx context.Context, selector string) error {
	element, err := d.element(ctx, selector, `e.checkVisibility() && (e.scrollIntoView({ block: "center", behavior: "instant" }), true)`)
	if err != nil {
		return err
	}
	return d.call(ctx, "input.performActions", params{"actions": []params{{
		"type": "pointer", "id": "mouse", "actions": []params{
			{"type": "pointerMove", "x": 0, "y": 0, "origin": params{"type": "element", "element": element}},
			{"type": "pointerDown", "button": 0},
			{"type": "pointerUp", "button": 0},
		},
	}}}, nil)
}

// enter is WebDriver's name of the key.
const enter = "\uE007"

func (d *driver) Type(ctx context.Context, selector, text string) error {
	if _, err := d.element(ctx, selector, `e.checkVisibility() && (e.focus(), true)`); err != nil {
		return err
	}
	var keys []params
	for _, key := range strings.ReplaceAll(text, "\r", enter) {
		keys = append(keys, params{"type": "keyDown", "value": string(key)}, params{"type": "keyUp", "value": string(key)})
	}
	return d.call(ctx, "input.performActions", params{"actions": []params{{"type": "key", "id": "keyboard", "actions": keys}}}, nil)
}

func (d *driver) Upload(ctx context.Context, selector, path string) error {
	element, err := d.element(ctx, selector, `true`)
	if err != nil {
		return err
	}
	return d.call(ctx, "input.setFiles", params{"element": element, "files": []string{path}}, nil)
}

func (d *driver) DownloadTo(ctx context.Context, folder string) error {
	return d.session.call(ctx, "browser.setDownloadBehavior", params{
		"downloadBehavior": params{"type": "allowed", "destinationFolder": folder}, "userContexts": []string{d.user},
	}, nil)
}

func (d *driver) Prelude(ctx context.Context, script string) error {
	return d.session.call(ctx, "script.addPreloadScript", params{
		"functionDeclaration": "() => {" + script + "}", "contexts": []string{d.page},
	}, nil)
}

func (d *driver) Picture(ctx context.Context) ([]byte, error) {
	var shot struct{ Data []byte }
	err := d.call(ctx, "browsingContext.captureScreenshot", params{}, &shot)
	return shot.Data, err
}
