package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// shapes says of each language's words which keys they have, and what is behind them.
const shapes = `(async () => {
	const shape = (it) => typeof it === "object" ? Object.entries(it).map(([key, value]) => key + " " + shape(value)).sort()
		: typeof it === "function" ? "function of " + it.length : typeof it;
	const of = async (name) => shape((await import(name)).default);
	return [await of("./english.js"), await of("./german.js")];
})()`

// foreign makes foreign(), which lists what a page in German shows or reads out in English: a text that is
// one of the English words, or has a phrase of them, in which the words of a peer have no part.
const foreign = `
	const { default: en } = await import("./english.js");
	const { default: de } = await import("./german.js");
	const leaves = (it) => typeof it === "object" ? Object.values(it).flatMap(leaves)
		: typeof it === "function" ? it("\0", "\0").split("\0").map((part) => part.trim()) : [it];
	const german = leaves(de).join("\n");
	const english = leaves(en).filter((words) => /[a-z]{3}/.test(words) && !german.includes(words));
	globalThis.foreign = () => {
		const shown = [];
		for (const element of document.querySelectorAll("body *")) {
			if (!element.checkVisibility() || element.matches("option, .text, bdi, textarea.code")) continue;
			for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) shown.push(node.data.trim());
			for (const name of ["aria-label", "placeholder", "title", "alt"]) shown.push(element.getAttribute(name) ?? "");
		}
		return shown.filter((text) => english.some((words) => text === words || (words.includes(" ") && text.includes(words))));
	}`

// TestThePageSpeaksGerman: the words of both languages have the same keys. A browser that asks for German gets
// a page without English, at the start, in a room, with files, and when something is wrong. The user can choose the other
// language at any time, and the page remembers it.
func TestThePageSpeaksGerman(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t, chromedp.Flag("accept-lang", "de-AT,de"))
	ada := browser.Open(relay.HTTP+"/", chromium.LostRelay...)
	words := chromium.Eval[[2][]any](ada, shapes)
	require.NotEmpty(t, words[0])
	require.Equal(t, words[0], words[1])

	german := func(p *chromium.Tab, name string) {
		t.Helper()
		p.Do(foreign)
		require.Equal(t, "de", chromium.Eval[string](p, `document.documentElement.lang`))
		require.Empty(t, chromium.Eval[[]string](p, `foreign()`), name)
		require.NotContains(t, chromium.Eval[string](p, `document.body.innerText`), "undefined", name)
		p.Shot("german-" + name)
	}
	ada.WaitText("h1", "Zwei, einander vorgestellt.")
	german(ada, "start")
	ada.Type("#join-link", "kein Raum!\r")
	ada.WaitText("#join-problem", "weder der Link noch die Kennung")
	german(ada, "problem")
	ada.Click("#start-room")
	ada.WaitText("#room-state", "Dein Raum ist offen")
	ada.Rename("Ada")
	german(ada, "alone")
	ada.Say("Ist hier jemand?")
	ada.WaitText("#log .mark", "Nicht zugestellt")

	bob := browser.Open(chromium.Eval[string](ada, `location.href`), chromium.LostRelay...)
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	bob.WaitText("#people .name", "Ada")
	eve := browser.Open(chromium.Eval[string](ada, `location.href`), chromium.LostRelay...)
	eve.Rename("Eve")
	bob.WaitText("#people .name", "Eve")
	bob.Say("Servus!")
	ada.WaitText("#log .text", "Servus!")
	film := filepath.Join(t.TempDir(), "film.mp4")
	require.NoError(t, os.WriteFile(film, nil, 0o600))
	require.NoError(t, os.Truncate(film, 200<<20))
	bob.SendFile(film)
	ada.WaitFor("a part", `document.querySelector("#log progress")?.value > 0`)
	ada.WaitDirect()
	german(ada, "host")
	german(bob, "guest")
	ada.Click("#log .cancel")
	bob.WaitText("#log .outcome", "Abgelehnt: der Empfänger hat abgebrochen")
	require.NoError(t, os.Truncate(film, 1234567))
	bob.SendFile(film)
	ada.WaitText("#log .rate", "1,2\u00a0MB")
	ada.WaitText("#log .outcome", "Empfangen und geprüft.")
	bob.WaitText("#log .outcome", "Gesendet und geprüft.")
	german(ada, "received")
	german(bob, "sent")

	// The other language, in the room and later.
	speaks := func(p *chromium.Tab, language string) {
		t.Helper()
		p.Do(`const field = document.querySelector("#room .language");
			field.value = a; field.dispatchEvent(new Event("change", { bubbles: true }))`, language)
	}
	bob.WaitText("#people .role", "Gastgeber")
	speaks(bob, "en")
	bob.WaitText("#people .role", "host")
	bob.WaitText("#room-state", "You are in")
	bob.WaitText("#compose button", "Send")
	require.Contains(t, chromium.Eval[[]string](bob, `foreign()`), "Message to everyone", "what the page says in English, to those who look for it")
	require.Equal(t, "en", chromium.Eval[string](bob, `document.documentElement.lang`))
	bob.Reload()
	bob.WaitText("#room-state", "You are in")
	bob.WaitText("#people .relayed", "Chat goes through the host.")

	const save = `document.querySelector("#log .save")`
	speaks(ada, "en")
	ada.WaitFor("what saves the file", save+`.textContent === "Save" && `+save+`.ariaLabel === "Save: film.mp4"`)
	speaks(ada, "de")
	ada.WaitFor("the other words", save+`.textContent === "Speichern" && foreign().length === 0`) // the lines follow within a second
	sentences := chromium.Eval[[]string](ada, `import("./errors.js").then(({ transferSentence }) =>
		["restarted", "given-up", "full", "not-stored", "peer-gone", "closed"].map((code) => transferSentence({ code, message: "in English" })))`)
	require.NotContains(t, strings.Join(sentences, " "), "in English")

	eve.Do(foreign) // while the relay has the words
	relay.Kill()
	ada.WaitText("#room-state", "Das Relay ist weg. Neue Gäste müssen warten.")
	german(ada, "relay-away")
	eve.WaitText("#people .name", "Ada")
	ada.AnswerDialog(true, `document.getElementById("leave").click()`)
	ada.Click("#handover-end")
	ada.WaitText("h1", "Zwei, einander vorgestellt.")
	eve.WaitText("#notice", "Der Gastgeber ist gegangen.")
	german(eve, "ended")
}
