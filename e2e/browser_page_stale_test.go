package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// skipsMinutes gives the page intervals that pass fifty times faster while its global variable
// fast is true. The SDK has other timers.
func (p *tab) skipsMinutes() {
	p.t.Helper()
	p.prelude(`{
		const interval = setInterval;
		globalThis.setInterval = (act, ms) => {
			let beats = 0;
			return interval(() => (globalThis.fast || ++beats % 50 === 0) && act(), ms / 50);
		};
	}`)
}

// sendsAFilm lets a page send more than it can in the time of a test, and waits until a
// part has come.
func (p *tab) sendsAFilm(to *tab) {
	p.t.Helper()
	film := filepath.Join(p.t.TempDir(), "film.mp4")
	require.NoError(p.t, os.WriteFile(film, nil, 0o600))
	require.NoError(p.t, os.Truncate(film, 1<<30))
	p.sendFile(film)
	to.sees("a part of the film", `document.querySelector("#log progress")?.value > 0.005`)
	to.says("#log .rate", "/s")
}

// TestClosedTabIsNotShownAsConnected: a tab is closed in the middle of a file. Its row and
// the transfer show within seconds that nothing comes any more, and then how it ended.
func TestClosedTabIsNotShownAsConnected(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	link := ada.host("Ada")
	bob := browser.open(link, "Blocked attempt to show a 'beforeunload'") // its user has touched nothing
	bob.rename("Bob")
	ada.says("#people .name", "Bob")
	ada.direct()
	bob.sendsAFilm(ada)
	bob.shut()
	ada.says("#log .rate", "no progress for")
	require.NotContains(t, eval[string](ada, `document.querySelector("#log .rate").textContent`), "B/s")
	ada.sees("that there is no direct path", `[...document.querySelectorAll("#people .path")].every((e) => e.dataset.path === "away" || e.dataset.path === "lost")`)
	ada.shot("closed-tab")
}

// TestFrozenTransferEndsWithAReason: the browser freezes a tab that receives a file. The
// sender shows that nothing moves, and ends the transfer after a minute; a transfer that
// only waits for a moment goes on.
func TestFrozenTransferEndsWithAReason(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.blank()
	ada.skipsMinutes()
	ada.navigate(relay.HTTP + "/")
	link := ada.host("Ada")
	bob := browser.open(link, "Back-Forward Cache")
	bob.rename("Bob")
	ada.says("#people .name", "Bob")
	ada.direct()
	bob.sendsAFilm(ada)
	bob.freeze()
	ada.says("#log .rate", "no progress for")
	require.NotContains(t, eval[string](ada, `document.querySelector("#log .rate").textContent`), "B/s")
	ada.says("#people .relayed", "no answer now")
	ada.shot("frozen")
	ada.do(`globalThis.fast = true`)
	ada.says("#log .outcome", "Ended: nothing moved for a minute.")
	ada.do(`globalThis.fast = false`)
	bob.thaw()
	bob.says("#log .outcome", "nothing moved for a minute")
	ada.says("#people .relayed", "Chat through the relay · ")
	ada.sees("an answer", `!document.querySelector("#people .relayed").textContent.includes("no answer")`)
}

// TestHostAloneSeesThatTheRelayIsAway: without guests, too, the page says what is so now.
func TestHostAloneSeesThatTheRelayIsAway(t *testing.T) {
	t.Parallel()
	relay := startMortalRelay(t)
	ada := startBrowser(t).open(relay.HTTP+"/", lostRelay...)
	ada.host("Ada")
	relay.dies(func() { ada.says("#room-state", "Reconnecting…") })
	ada.says("#room-state", "Your room is open")
}
