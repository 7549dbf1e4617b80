package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// clipped are the elements with text of their own that is not to be seen whole: it is wider
// or higher than its box, or reaches over the window's edge. What scrolls is looked at as a
// whole; the name's field scrolls by itself, and ends with three dots.
const clipped = `[...document.querySelectorAll("body *")].filter((e) => {
	if (!e.checkVisibility() || e.closest(".unseen") || e.matches("#name, #join-link")) return false;
	const text = e.matches("input, textarea") || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
	const { left, right } = e.getBoundingClientRect();
	const block = getComputedStyle(e).display !== "inline";
	return text && (left < -1 || right > innerWidth + 1 || (block && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2)));
}).map((e) => (e.id || e.className || e.localName) + ": " + (e.value || e.textContent))`

// TestNoTextIsClipped: with long names, files and figures all text is to be seen, on a
// small telephone as on a desk, and the state beside the page's name stands on one or two lines.
func TestNoTextIsClipped(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	whole := func(p *tab, name string) {
		t.Helper()
		for _, size := range []struct {
			width, height int64
			scheme        string
		}{{320, 640, "light"}, {390, 844, "dark"}, {1280, 800, "light"}} {
			p.viewport(size.width, size.height, size.scheme)
			require.Empty(t, eval[[]string](p, clipped), "%s, %d pixels wide", name, size.width)
			require.Less(t, eval[float64](p, `document.querySelector(".bar").getBoundingClientRect().height`), 64.0, "%s, %d pixels wide", name, size.width)
			p.shot(fmt.Sprintf("%s-%d", name, size.width))
		}
	}
	whole(ada, "look-start")
	link := ada.host("Maximiliane-Alexandra Hohenberg")
	whole(ada, "look-alone")

	_, id, _ := strings.Cut(link, "#")
	bob := &chatter{t, within(t), dial(t, relay, id)}
	bob.says("name", "Bartholomew Featherstonehaugh Jr")
	ada.direct()
	bob.ctx = within(t)
	bob.gives("harbour-at-dawn-with-boats-and-a-name-that-is-longer-than-any-line-2026.jpg")
	ada.say("Supercalifragilisticexpialidocious-and-longer-than-any-line-may-be-on-a-telephone-of-this-size")
	bob.offers(`{"name":"film-of-the-harbour.mp4","size":1000000000}`, strings.Repeat("x", 16<<10))
	ada.says("#log .rate", "no progress for")
	eve := browser.open(link)
	eve.rename("Eve")
	eve.says("#people-note", "files go between you and the host only")
	ada.says("#people .name", "Eve")
	whole(ada, "look-host")
	whole(eve, "look-guest")

	require.NoError(t, bob.conn.Close())
	ada.says("#log .note", "Bartholomew Featherstonehaugh Jr left")
	ada.drop("#log", "for-eve.txt")
	eve.says("#log .file-name", "for-eve.txt")
	whole(ada, "look-left")
	ada.asks(true, `document.getElementById("leave").click()`)
	eve.says("#notice", "The host has left")
	whole(eve, "look-ended")
}

// TestASmallTelephoneHasSpaceForTheChat: the list of people is folded there, and a file that
// came is to be seen whole.
func TestASmallTelephoneHasSpaceForTheChat(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	ada := startBrowser(t).blank()
	ada.viewport(320, 568, "light")
	ada.navigate(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.host("Ada"), "#")
	bob := &chatter{t, within(t), dial(t, relay, id)}
	bob.says("name", "Bob")
	ada.says("#log .note", "Bob joined")
	bob.gives("harbour-at-dawn-with-boats.jpg")
	ada.says("#log .outcome", "Received and checked.")
	require.False(t, eval[bool](ada, `document.getElementById("people").checkVisibility()`), "the list of people")
	ada.sees("the whole file", `(() => {
		const card = document.querySelector("#log .transfer").getBoundingClientRect();
		const box = document.getElementById("scroll").getBoundingClientRect();
		return card.top >= box.top && card.bottom <= box.bottom && card.left >= box.left && card.right <= box.right;
	})()`)
	ada.shot("small-telephone")
	ada.click("#who summary")
	ada.says("#people .name", "Bob")
}
