package e2e_test

import (
	"context"
	"net"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// A mortalRelay is a relayd that can be killed and started again on the same port, with
// the same key.
type mortalRelay struct {
	*relayProcess
	args []string
}

func startMortalRelay(t testing.TB, more ...string) *mortalRelay {
	t.Helper()
	// A port that was free a moment ago: another process may have it by now, and then relayd
	// says so, which ends the test.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	args := append([]string{"--listen", address, "--state-dir", t.TempDir()}, more...)
	return &mortalRelay{startRelay(t, args...), args}
}

// dies kills relayd, waits until what says that the pages have noticed, and starts it
// again.
func (r *mortalRelay) dies(noticed func()) {
	r.t.Helper()
	r.Kill()
	noticed()
	r.relayProcess = startRelay(r.t, r.args...)
}

// blip kills relayd and starts it again at once.
func (r *mortalRelay) blip() { r.dies(func() {}) }

// lostRelay is what Chromium says on the console while there is no relay.
var lostRelay = []string{"WebSocket connection to", "ERR_CONNECTION"}

// reload loads the page anew and waits for its load event.
func (p *tab) reload() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.Reload()))
}

// shut closes the tab as its user would.
func (p *tab) shut() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.Close, cdp.Empty{})
		return err
	})))
}

// freeze stops the page's scripts and timers, as a browser does with a hidden
// tab; thaw resumes them.
func (p *tab) freeze() { p.lifecycle(page.SetWebLifecycleStateStateFrozen) }
func (p *tab) thaw()   { p.lifecycle(page.SetWebLifecycleStateStateActive) }

func (p *tab) lifecycle(state page.SetWebLifecycleStateState) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state})
		return err
	})))
}

// offline cuts the page's network, or reconnects it. The browser tells the page. An
// open WebSocket stays open, but passes nothing.
func (p *tab) offline(cut bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		emulate := cdp.Command[network.OverrideNetworkStateParams, cdp.Empty]{Method: "Network.emulateNetworkConditions"}
		_, err := cdp.Call(ctx, t, emulate, network.OverrideNetworkStateParams{
			Offline: cut, DownloadThroughput: -1, UploadThroughput: -1,
		})
		return err
	})))
}

// duplicate opens the page again with a copy of its sessionStorage, as a browser does
// when its user duplicates a tab.
func (p *tab) duplicate() *tab {
	p.t.Helper()
	opened := chromedp.WaitNewTarget(p.ctx, func(info *target.Info) bool { return info.OpenerID != "" })
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: "void open(location.href)", UserGesture: new(true)})
		return err
	})))
	select {
	case id := <-opened:
		ctx, closeTab := chromedp.NewContext(p.ctx, chromedp.WithTargetID(id))
		p.t.Cleanup(closeTab)
		require.NoError(p.t, chromedp.Do(ctx))
		copied := &tab{t: p.t, ctx: ctx}
		copied.sees("the page", `location.href.split("#")[0] === a && document.readyState === "complete"`, eval[string](p, `location.href.split("#")[0]`)) // the page may change what is behind it
		return copied
	case <-ctx.Done():
		p.t.Fatal("the browser opened no second tab")
		return nil
	}
}
