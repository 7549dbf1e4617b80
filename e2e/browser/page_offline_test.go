package browser_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// unreachable is what Chromium says on the console of a page that a service worker has kept.
var unreachable = append([]string{"Failed to load resource", "TrustedHTML"}, chromium.LostRelay...)

// kept waits until the browser keeps this version of the page, and returns the paths of what it keeps.
func kept(p *chromium.Tab) []string {
	p.T.Helper()
	p.WaitFor("the service worker", `(await navigator.serviceWorker.getRegistration())?.active?.state === "activated" && (await caches.keys()).length === 1`)
	return chromium.Eval[[]string](p, `(async () => {
		const cache = await caches.open((await caches.keys())[0]);
		return (await cache.keys()).map(({ url }) => url);
	})()`)
}

// below serves each relay below its path, as a proxy in front of it does, which answers 502 while the relay is away.
func below(t testing.TB, relays map[string]*relayproc.Relay) (origin string) {
	t.Helper()
	mux := http.NewServeMux()
	for path, relay := range relays {
		target, err := url.Parse(relay.HTTP)
		require.NoError(t, err)
		proxy := httputil.NewSingleHostReverseProxy(target)
		proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
		mux.Handle(path+"/", http.StripPrefix(path, proxy))
	}
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	return front.URL
}

// TestThePageOpensWithoutItsRelay: after one visit the start page opens also while the relay is away, says so, and goes on when the relay is
// back; at the root as below a path. Nothing that the relay says is kept but the page's files, and
// its policy holds for them, too.
func TestThePageOpensWithoutItsRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	for _, address := range []string{relay.HTTP, below(t, map[string]*relayproc.Relay{"/a/talk": relay}) + "/a/talk"} {
		ada := browser.Open(address+"/", unreachable...)
		ada.Host("Ada")
		for _, file := range kept(ada) {
			name := strings.TrimPrefix(file, address+"/")
			require.NotContains(t, name, "/", "only the page is kept")
			if name != "" {
				require.FileExists(t, "../../web/page/"+name)
			}
		}
		ada.Click("#leave")
		relay.Restart(func() {
			ada.Navigate("about:blank")
			ada.Navigate(address + "/")
			ada.WaitText("#notice", "The relay cannot be reached")
			ada.WaitText("h1", "Two peers, introduced.")
			ada.Accessible("offline")
			require.True(t, chromium.Eval[bool](ada, `document.getElementById("start-room").disabled`))
			require.Equal(t, "blocked", chromium.Eval[string](ada, `(() => { try { document.body.innerHTML = "x"; return "taken" } catch { return "blocked" } })()`))
		})
		ada.Click("#again")
		ada.WaitFor("the page from the relay", `document.documentElement?.dataset.offline === undefined && document.getElementById("start-room")?.disabled === false`)
		ada.Host("Ada")
	}
}

// TestANewPageComesAtOnce: when relayd is replaced by another build, the next visit shows its page, and that one is kept.
func TestANewPageComesAtOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, err := filepath.Abs("../../web/page/english.js")
	require.NoError(t, err)
	words, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := filepath.Join(folder, "english.js")
	require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(words), "Two peers, introduced.", "A new version.", 1)), 0o600))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	require.NoError(t, err)
	list := filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(list, overlay, 0o600))
	next := relayproc.Build(t, "relayd", "-overlay", list)

	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP+"/", unreachable...)
	ada.WaitText("h1", "Two peers, introduced.")
	kept(ada)
	before := chromium.Eval[[]string](ada, `caches.keys()`)
	relay.Kill()
	relay.Binary = next
	require.NoError(t, relay.Process.Start())
	ada.Reload()
	ada.WaitText("h1", "A new version.")
	ada.WaitFor("the new version", `!(await caches.keys()).includes(`+strconv.Quote(before[0])+`)`)
	kept(ada)
	relay.Kill()
	ada.Reload()
	ada.WaitText("#notice", "The relay cannot be reached")
	ada.WaitText("h1", "A new version.")

	// Two relays of one origin keep their pages apart.
	require.NoError(t, relay.Process.Start())
	other := relayproc.Start(t)
	origin := below(t, map[string]*relayproc.Relay{"/new": relay, "/old": other})
	for _, path := range []string{"/new/", "/old/"} {
		ada.Navigate(origin + path)
		ada.WaitFor("the service worker", `(await navigator.serviceWorker.getRegistration())?.active?.state === "activated"`)
	}
	relay.Kill()
	ada.Navigate(origin + "/new/")
	ada.WaitText("#notice", "The relay cannot be reached")
	ada.WaitText("h1", "A new version.")
}

// TestThePageCanBeInstalled: Chromium finds nothing that is missing.
func TestThePageCanBeInstalled(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.StartWhole(t)
	ada := browser.Open(relay.HTTP + "/")
	kept(ada)
	ctx, cancel := context.WithTimeout(ada.Ctx, patience.Max)
	defer cancel()
	require.NoError(t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		manifest, err := cdp.Call(ctx, target, page.GetAppManifest, page.GetAppManifestParams{})
		require.NoError(t, err)
		require.Empty(t, manifest.Errors)
		require.Equal(t, relay.HTTP+"/manifest.webmanifest", manifest.URL)
		missing, err := cdp.Call(ctx, target, page.GetInstallabilityErrors, cdp.Empty{})
		require.NoError(t, err)
		for _, each := range missing.InstallabilityErrors {
			require.Equal(t, "in-incognito", each.ErrorID, "what keeps Chromium from installing the page") // as every test is
		}
		return nil
	})))
}
