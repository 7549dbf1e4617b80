package firefox_test

import (
	"os"
	"testing"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/firefox"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/tab"
)

func TestMain(m *testing.M) { os.Exit(relayproc.Main(m)) }

// TestFirefox runs what users rely on with Firefox on both sides, and on either side with Chromium
// on the other. All share one Firefox and one Chromium: their starts would take longer than the rest.
func TestFirefox(t *testing.T) {
	t.Parallel()
	fox, chrome := firefox.Start(t), chromium.Start(t)
	blank := map[string]func(t *testing.T) *tab.Tab{
		"firefox": func(t *testing.T) *tab.Tab {
			b := *fox
			b.T = t
			return b.Blank("WebRTC: ICE failed").Tab // when a test ends a path
		},
		"chromium": func(t *testing.T) *tab.Tab {
			b := *chrome
			b.T = t
			return b.Blank().Tab
		},
	}
	type test func(t *testing.T, relay *relayproc.Relay, host, guest *tab.Tab)
	run := func(name, host, guest string, f test, args ...string) {
		t.Run(name+"/"+host+"-"+guest, func(t *testing.T) {
			t.Parallel()
			f(t, relayproc.Start(t, args...), blank[host](t), blank[guest](t))
		})
	}
	t.Run("look", func(t *testing.T) {
		t.Parallel()
		b := *fox
		b.T = t
		look(t, relayproc.Start(t), b.Blank(), b.Blank())
	})
	run("offline", "firefox", "firefox", offline)
	run("quiet path", "firefox", "firefox", quietPath, "--turn-enabled")
	for name, f := range map[string]test{"page": page, "sdk": bareSDK, "repair": repair} {
		run(name, "firefox", "firefox", f)
		run(name, "firefox", "chromium", f)
		run(name, "chromium", "firefox", f)
	}
}
