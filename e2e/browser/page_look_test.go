package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// TestNoTextIsClipped: with long names, files and figures all text is to be seen, on a
// small telephone as on a desk, and the state beside the page's name stands on one or two lines.
func TestNoTextIsClipped(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	whole := func(p *chromium.Tab, name string) {
		t.Helper()
		for _, size := range []struct {
			width, height int64
			scheme        string
		}{{320, 640, "light"}, {390, 844, "dark"}, {1280, 800, "light"}} {
			p.SetViewport(size.width, size.height, size.scheme)
			require.Empty(t, p.Clipped(), "%s, %d pixels wide", name, size.width)
			require.Less(t, chromium.Eval[float64](p, `document.querySelector(".bar").getBoundingClientRect().height`), 64.0, "%s, %d pixels wide", name, size.width)
			p.Shot(fmt.Sprintf("%s-%d", name, size.width))
		}
	}
	whole(ada, "look-start")
	link := ada.Host("Maximiliane-Alexandra Hohenberg")
	whole(ada, "look-alone")

	_, id, _ := strings.Cut(link, "#")
	bob := sdkpeer.NewChatter(t, dial(t, relay, id))
	bob.Say("name", "Bartholomew Featherstonehaugh Jr")
	ada.WaitDirect()
	bob.Ctx = patience.Context(t)
	bob.GiveFile("harbour-at-dawn-with-boats-and-a-name-that-is-longer-than-any-line-2026.jpg", []byte("ab"))
	ada.Say("Supercalifragilisticexpialidocious-and-longer-than-any-line-may-be-on-a-telephone-of-this-size")
	film := bob.OpenFile(map[string]any{"name": "film-of-the-harbour.mp4", "size": 1_000_000_000})
	require.JSONEq(t, `{"from":0}`, film.Line())
	film.Say(map[string]int{"from": 0}, strings.Repeat("x", 16<<10))
	ada.WaitText("#log .rate", "no progress for")
	eve := browser.Open(link)
	eve.Rename("Eve")
	eve.WaitText("#people-note", "files go straight to the person")
	ada.WaitText("#people .name", "Eve")
	whole(ada, "look-host")
	whole(eve, "look-guest")

	require.NoError(t, bob.Conn.Close())
	ada.WaitText("#log .note", "Bartholomew Featherstonehaugh Jr left")
	dropFile(ada, "#log", "for-eve.txt")
	eve.WaitText("#log .file-name", "for-eve.txt")
	whole(ada, "look-left")
	ada.AnswerDialog(true, `document.getElementById("leave").click()`)
	ada.Click("#handover-end")
	eve.WaitText("#notice", "The host has left")
	whole(eve, "look-ended")
}

// TestASmallTelephoneHasSpaceForTheChat: the list of people is folded there, and a file that
// came is to be seen whole.
func TestASmallTelephoneHasSpaceForTheChat(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Blank()
	ada.SetViewport(320, 568, "light")
	ada.Navigate(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	bob := sdkpeer.NewChatter(t, dial(t, relay, id))
	bob.Say("name", "Bob")
	ada.WaitText("#log .note", "Bob joined")
	bob.GiveFile("harbour-at-dawn-with-boats.jpg", []byte("ab"))
	ada.WaitText("#log .outcome", "Received and checked.")
	require.False(t, chromium.Eval[bool](ada, `document.getElementById("people").checkVisibility()`), "the list of people")
	ada.WaitFor("the whole file", `(() => {
		const card = document.querySelector("#log .transfer").getBoundingClientRect();
		const box = document.getElementById("scroll").getBoundingClientRect();
		return card.top >= box.top && card.bottom <= box.bottom && card.left >= box.left && card.right <= box.right;
	})()`)
	ada.Shot("small-telephone")
	ada.Click("#who summary")
	ada.WaitText("#people .name", "Bob")
}

// TestThePageIsAccessible: axe-core finds nothing, at the start and in the room, on a desk and a telephone, by day
// and by night, in either language.
func TestThePageIsAccessible(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	everywhere := func(p *chromium.Tab, name string) {
		t.Helper()
		for _, language := range []string{"en", "de"} {
			p.Do(`const field = document.querySelector(".language");
				field.value = a; field.dispatchEvent(new Event("change"))`, language)
			for scheme, width := range map[string]int64{"light": 1280, "dark": 390} {
				p.SetViewport(width, 844, scheme)
				p.Accessible(name + "-" + language + "-" + scheme)
			}
		}
		p.Do(`const field = document.querySelector(".language");
			field.value = "en"; field.dispatchEvent(new Event("change"))`)
		p.SetViewport(1280, 844, "light")
	}
	everywhere(ada, "start")
	link := ada.Host("Ada")
	_, id, _ := strings.Cut(link, "#")
	bob := sdkpeer.NewChatter(t, dial(t, relay, id))
	bob.Say("name", "Bob")
	ada.WaitDirect()
	bob.Say("chat", map[string]string{"text": "See https://example.org", "name": "Bob"})
	bob.GiveFile("harbour.jpg", []byte("ab"))
	ada.WaitText("#log .outcome", "Received and checked.")
	ada.Say("Thank you!")
	ada.WaitText("#log .mark", "Sending…") // Bob does not read
	ada.Click("#people .line")
	ada.WaitText("#people .facts", "UDP")
	everywhere(ada, "host")
	eve := browser.Open(link)
	eve.WaitText("#people .name", "Bob")
	everywhere(eve, "guest")
	ada.AnswerDialog(true, `document.getElementById("leave").click()`)
	ada.Click("#handover-end")
	eve.WaitText("#notice", "The host has left")
	everywhere(eve, "ended")
}
