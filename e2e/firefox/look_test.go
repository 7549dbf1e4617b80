package firefox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/firefox"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/tab"
)

// look has a person with a German browser meet one with an English telephone. All text is to be
// seen, and axe-core finds nothing.
func look(t *testing.T, relay *relayproc.Relay, ada, bob *firefox.Tab) {
	whole := func(p *firefox.Tab, name string) {
		t.Helper()
		p.Accessible("firefox-" + name)
		require.Empty(t, p.Clipped(), name)
	}
	ada.SetLanguage("de-AT")
	ada.Navigate(relay.HTTP + "/")
	ada.WaitText("h1", "Zwei, einander vorgestellt.")
	whole(ada, "start")
	ada.Click("#start-room")
	ada.WaitText("#room-state", "Dein Raum ist offen")
	ada.Rename("Ada")

	bob.SetViewport(390, 844)
	bob.Navigate(relay.HTTP + "/")
	bob.WaitText("h1", "Two peers, introduced.")
	whole(bob, "start-phone")
	bob.Navigate(tab.Eval[string](ada.Tab, `location.href`))
	bob.WaitText("#room-state", "You are in")
	bob.Rename("Bob")
	bob.Say("See https://example.org")
	ada.WaitText("#log .text", "See")
	path := filepath.Join(t.TempDir(), "song.ogg")
	require.NoError(t, os.WriteFile(path, []byte("la"), 0o600))
	ada.SendFile(path)
	bob.Click("#log .accept")
	bob.WaitText("#log .outcome", "Received and checked.")
	ada.WaitDirect()
	bob.WaitDirect()
	whole(ada, "host")
	whole(bob, "guest-phone")
}
