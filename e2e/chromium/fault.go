package chromium

import (
	"context"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// LostRelay is what Chromium says on the console while there is no relay.
var LostRelay = []string{"WebSocket connection to", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "error occurred when fetching the script"}

// NoDirect keeps the page from finding a direct path: it learns no address, and tells none.
func (p *Tab) NoDirect() {
	p.T.Helper()
	p.Prelude(`{
		const { addEventListener, createOffer, createAnswer, setRemoteDescription } = RTCPeerConnection.prototype;
		const bare = ({ type, sdp }) => ({ type, sdp: sdp.replace(/^a=candidate:.*\r\n/gm, "") }); // a later description has candidates
		Object.assign(RTCPeerConnection.prototype, {
			addEventListener(type, ...rest) {
				if (type !== "icecandidate") addEventListener.call(this, type, ...rest);
			},
			async addIceCandidate() {},
			async createOffer(...args) {
				return bare(await createOffer.apply(this, args));
			},
			async createAnswer(...args) {
				return bare(await createAnswer.apply(this, args));
			},
			setRemoteDescription(description) {
				return setRemoteDescription.call(this, bare(description));
			},
		});
	}`)
}

// Close closes the tab as its user would.
func (p *Tab) Close() {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.Close, cdp.Empty{})
		return err
	})))
}

// Freeze stops the page's scripts and timers, as a browser does with a hidden
// tab; Thaw resumes them.
func (p *Tab) Freeze() { p.lifecycle(page.SetWebLifecycleStateStateFrozen) }

func (p *Tab) Thaw() { p.lifecycle(page.SetWebLifecycleStateStateActive) }

func (p *Tab) lifecycle(state page.SetWebLifecycleStateState) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state})
		return err
	})))
}

// SetOffline cuts the page's network, or reconnects it. The browser tells the page. An
// open WebSocket stays open, but passes nothing.
func (p *Tab) SetOffline(cut bool) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		emulate := cdp.Command[network.OverrideNetworkStateParams, cdp.Empty]{Method: "Network.emulateNetworkConditions"}
		_, err := cdp.Call(ctx, t, emulate, network.OverrideNetworkStateParams{
			Offline: cut, DownloadThroughput: -1, UploadThroughput: -1,
		})
		return err
	})))
}

// Duplicate opens the page again with a copy of its sessionStorage, as a browser does
// when its user duplicates a tab.
func (p *Tab) Duplicate() *Tab {
	p.T.Helper()
	opened := chromedp.WaitNewTarget(p.Ctx, func(info *target.Info) bool { return info.OpenerID != "" })
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: "void open(location.href)", UserGesture: new(true)})
		return err
	})))
	select {
	case id := <-opened:
		ctx, closeTab := chromedp.NewContext(p.Ctx, chromedp.WithTargetID(id))
		p.T.Cleanup(closeTab)
		require.NoError(p.T, chromedp.Do(ctx))
		copied := Attach(p.T, ctx)
		copied.WaitFor("the page", `location.href.split("#")[0] === a && document.readyState === "complete"`, Eval[string](p, `location.href.split("#")[0]`)) // the page may change what is behind it
		return copied
	case <-ctx.Done():
		p.T.Fatal("the browser opened no second tab")
		return nil
	}
}

// Minimize hides the page behind the window's icon; Restore shows it again.
func (p *Tab) Minimize() { p.window(browser.WindowStateMinimized) }

func (p *Tab) Restore() { p.window(browser.WindowStateNormal) }

func (p *Tab) window(state browser.WindowState) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		window, err := cdp.Call(ctx, t, browser.GetWindowForTarget, browser.GetWindowForTargetParams{})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, browser.SetWindowBounds, browser.SetWindowBoundsParams{WindowID: window.WindowID, Bounds: &browser.Bounds{WindowState: state}})
		return err
	})))
}

// Answer says what the browser answers when the page asks for a permission: "granted" or "denied".
func (p *Tab) Answer(permission string, setting browser.PermissionSetting) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.Ctx, patience.Max)
	defer cancel()
	require.NoError(p.T, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, browser.SetPermission, browser.SetPermissionParams{
			Permission:       &browser.PermissionDescriptor{Name: permission},
			Setting:          setting,
			BrowserContextID: chromedp.FromContext(p.Ctx).BrowserContextID,
		})
		return err
	})))
}
