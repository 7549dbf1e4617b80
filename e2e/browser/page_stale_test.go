package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// skipMinutes gives the page intervals that pass fifty times faster while its global variable
// fast is true. The SDK has other timers.
func skipMinutes(p *chromium.Tab) {
	p.T.Helper()
	p.Prelude(`{
		const interval = setInterval;
		globalThis.setInterval = (act, ms) => {
			let beats = 0;
			return interval(() => (globalThis.fast || ++beats % 50 === 0) && act(), ms / 50);
		};
	}`)
}

// sendFilm lets a page send more than it can in the time of a test, and waits until a
// part has come.
func sendFilm(p *chromium.Tab, to *chromium.Tab) {
	p.T.Helper()
	film := filepath.Join(p.T.TempDir(), "film.mp4")
	require.NoError(p.T, os.WriteFile(film, nil, 0o600))
	require.NoError(p.T, os.Truncate(film, 1<<30))
	p.SendFile(film)
	to.WaitFor("a part of the film", `document.querySelector("#log progress")?.value > 0.005`)
	to.WaitText("#log .rate", "/s")
}

// TestClosedTabIsNotShownAsConnected: a tab is closed in the middle of a file. Its row goes, and
// the transfer shows how it ended and that a part is kept, until the user discards it.
func TestClosedTabIsNotShownAsConnected(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	bob := browser.Open(link, "Blocked attempt to show a 'beforeunload'") // its user has touched nothing
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	ada.WaitDirect()
	sendFilm(bob, ada)
	bob.Close()
	ada.WaitText("#log .outcome", "It goes on from here when it is sent again.")
	ada.WaitText("#log .rate", " of 1.1")
	require.NotContains(t, chromium.Eval[string](ada, `document.querySelector("#log .rate").textContent`), "B/s")
	ada.WaitFor("that no one is there", `!document.querySelector("#people .person")`)
	ada.Shot("closed-tab")
	ada.Click("#log .cancel")
	ada.WaitText("#log .outcome", "Discarded.")
}

// TestFrozenTransferEndsWithAReason: the browser freezes a tab that receives a file. The
// sender shows that nothing moves, and ends the transfer after a minute; a transfer that
// only waits for a moment goes on.
func TestFrozenTransferEndsWithAReason(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Blank()
	skipMinutes(ada)
	ada.Navigate(relay.HTTP + "/")
	link := ada.Host("Ada")
	bob := browser.Open(link, "Back-Forward Cache")
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	ada.WaitDirect()
	sendFilm(bob, ada)
	bob.Freeze()
	ada.WaitText("#log .rate", "no progress for")
	require.NotContains(t, chromium.Eval[string](ada, `document.querySelector("#log .rate").textContent`), "B/s")
	ada.WaitText("#people .line", "No answer")
	ada.Shot("frozen")
	ada.Do(`globalThis.fast = true`)
	ada.WaitText("#log .outcome", "Ended: nothing moved for a minute.")
	ada.Do(`globalThis.fast = false`)
	bob.Thaw()
	bob.WaitText("#log .outcome", "nothing moved for a minute")
	ada.WaitText("#people .line", "Direct")
}

// TestHostAloneSeesThatTheRelayIsAway: without guests, too, the page says what is so now.
func TestHostAloneSeesThatTheRelayIsAway(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP+"/", chromium.LostRelay...)
	ada.Host("Ada")
	relay.Restart(func() { ada.WaitText("#room-state", "Reconnecting…") })
	ada.WaitText("#room-state", "Your room is open")
}
