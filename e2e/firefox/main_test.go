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
	blank := map[string]func(t *testing.T, allowed []string) *tab.Tab{
		"firefox": func(t *testing.T, allowed []string) *tab.Tab {
			b := *fox
			b.T = t
			return b.Blank(allowed...).Tab
		},
		"chromium": func(t *testing.T, allowed []string) *tab.Tab {
			b := *chrome
			b.T = t
			return b.Blank(allowed...).Tab
		},
	}
	type test func(t *testing.T, relay *relayproc.Relay, host, guest *tab.Tab)
	run := func(name, host, guest string, f test, allowed []string, args ...string) {
		t.Run(name+"/"+host+"-"+guest, func(t *testing.T) {
			t.Parallel()
			f(t, relayproc.Start(t, args...), blank[host](t, allowed), blank[guest](t, allowed))
		})
	}
	t.Run("look", func(t *testing.T) {
		t.Parallel()
		b := *fox
		b.T = t
		look(t, relayproc.Start(t), b.Blank(), b.Blank())
	})
	run("quiet path", "firefox", "firefox", quietPath, nil, "--turn-enabled")
	run("away", "firefox", "firefox", away, firefox.Lost)
	run("repair", "firefox", "firefox", repair, firefox.Lost)
	run("offline", "firefox", "firefox", offline, firefox.Lost)
	for _, sides := range [][2]string{{"firefox", "firefox"}, {"firefox", "chromium"}, {"chromium", "firefox"}} {
		run("page", sides[0], sides[1], page, nil)
		run("call", sides[0], sides[1], call, nil)
		run("sdk", sides[0], sides[1], bareSDK, nil)
	}
}
