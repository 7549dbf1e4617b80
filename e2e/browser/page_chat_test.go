package browser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// TestLinksInMessages: http and https become links that open without a hold on this page, and show where they
// lead. Everything else that a peer writes stays text.
func TestLinksInMessages(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	bob, _ := meetBob(t, relay, ada)

	type link struct{ Href, Text string }
	const found = `[...document.querySelectorAll("#log .message:last-child .text a")].map((a) => ({ href: a.href, text: a.textContent }))`
	lookedUp := strings.NewReplacer("b\u00fccher", "xn--bcher-kva", "\u0430pple", "xn--pple-43d", "org\\.", "org/.")
	long := "https://example.org/" + strings.Repeat("x", 1900)
	for _, c := range []struct {
		text  string
		links []link
	}{
		{"See https://example.org/a?b=c#d, and HTTP://example.com.", []link{{"https://example.org/a?b=c#d", "https://example.org/a?b=c#d"}, {"http://example.com/", "HTTP://example.com"}}},
		{"(https://example.org/wiki/Relay_(electric)) is a relay", []link{{"https://example.org/wiki/Relay_(electric)", "https://example.org/wiki/Relay_(electric)"}}},
		{"<a href='https://example.org/x'>y</a>", []link{{"https://example.org/x", "https://example.org/x"}}},
		{"javascript:alert(1) data:text/html,x file:///etc/passwd ftp://example.org example.org //example.org", []link{}},
		{"https://bank.example@example.org/ https://bank.example:443@example.org", []link{}},
		{"https:// https://% http://[::1", []link{}},
		{"https://b\u00fccher.example/", []link{{"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"}}}, // as it is looked up
		{"https://example.org/\u202egpj.exe", []link{{"https://example.org/", "https://example.org/"}}},                // up to the mark that turns the rest
		{"\u202ehttps://example.org/", []link{{"https://example.org/", "https://example.org/"}}},
		{"https://\u0430pple.com/#xn--pple-43d.com", []link{{"https://xn--pple-43d.com/#xn--pple-43d.com", "https://xn--pple-43d.com/#xn--pple-43d.com"}}},
		{"https://example.org\\.example.com http://example.org:80?x", []link{{"https://example.org/.example.com", "https://example.org/.example.com"}, {"http://example.org/?x", "http://example.org:80?x"}}},
		{"(see https://example.org/a.)", []link{{"https://example.org/a", "https://example.org/a"}}},
		{long, []link{{long, long}}},
		{long + strings.Repeat("x", 1000), []link{}},
		{strings.Repeat("https://example.org ", 390), slices.Repeat([]link{{"https://example.org/", "https://example.org"}}, 390)},
	} {
		bob.Say("chat", map[string]string{"text": c.text, "name": "Bob"})
		ada.WaitFor("the message", `document.querySelector("#log .message:last-child .text")?.textContent === a`, lookedUp.Replace(c.text))
		require.Equal(t, c.links, chromium.Eval[[]link](ada, found), c.text)
	}
	for range 60 { // as long as a message may be, and slow to read for one who looks at each mark again and again
		bob.Say("chat", map[string]string{"text": "http://a" + strings.Repeat(")", 7990), "name": "Bob"})
		bob.Say("chat", map[string]string{"text": "http://a" + strings.Repeat(".", 7990) + "x", "name": "Bob"})
	}
	bob.Say("chat", map[string]string{"text": "the last", "name": "Bob"})
	ada.WaitText("#log .message:last-child .text", "the last")
	require.Equal(t, []link{{"http://a/", "http://a"}}, chromium.Eval[[]link](ada, `[...document.querySelectorAll("#log .message .text a")].slice(-1).map((a) => ({ href: a.href, text: a.textContent }))`))
	require.True(t, chromium.Eval[bool](ada, `[...document.querySelectorAll("#log .text a")].every((a) => a.target === "_blank" && a.rel === "noopener noreferrer" && getComputedStyle(a).unicodeBidi === "isolate")`))
}

// TestTimesStandBetweenMessages: the day where it changes, and the time after a gap.
func TestTimesStandBetweenMessages(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	ada.Host("Ada")
	ada.Do(`const { chat } = await import("./chat.js");
		const at = (day, hour, minute) => new Date(2026, 0, day, hour, minute).getTime();
		chat.clear();
		for (const time of [at(5, 9, 0), at(5, 9, 20), at(5, 9, 51), at(6, 0, 1)]) chat.say({ name: "Bob", text: "x", at: time, mine: false })`)
	require.Equal(t, []string{"Monday, January 5", "x", "x", "09:51 AM", "x", "Tuesday, January 6", "x"},
		chromium.Eval[[]string](ada, `[...document.querySelectorAll("#log .when, #log .text")].map((e) => e.textContent)`))
	ada.Shot("times")
}

// TestAFloodTakesNoFileAway: of more entries than the chat shows, those go that hold nothing, and a chat full of files still shows what is said.
func TestAFloodTakesNoFileAway(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	ada.Host("Ada")
	ada.Do(`const { chat } = await import("./chat.js"), { Transfer } = await import("./transfer.js");
		globalThis.files = Array.from({ length: 600 }, (_, n) => new Transfer(n + ".jpg", 1));
		for (const file of files) file.start("Bob", true, null);
		globalThis.say = (n) => chat.say({ name: "Bob", text: "line " + n, at: Date.now(), mine: false });
		for (let n = 0; n < 600; n++) say(n)`)
	require.Equal(t, 600, chromium.Eval[int](ada, `document.querySelectorAll("#log .transfer").length`))
	require.Equal(t, 0, chromium.Eval[int](ada, `files.filter(({ signal }) => signal.aborted).length`))
	require.Equal(t, []string{"line 100", "line 599"}, chromium.Eval[[]string](ada, `(all => [all[0], all.at(-1)])([...document.querySelectorAll("#log .text")].map((e) => e.textContent))`))
	ada.Do(`files.forEach((file) => file.failed(Object.assign(new Error(), { code: "cancelled" }))); say(600)`) // they hold nothing now
	require.Equal(t, 500, chromium.Eval[int](ada, `document.getElementById("log").childElementCount`))
}

// TestFacesDiffer: people of different names are to be told from each other, and their initials can be read, by day
// and by night (WCAG 2.2, 1.4.3).
func TestFacesDiffer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	ada.Host("Ada")
	for _, scheme := range []string{"light", "dark"} {
		ada.SetViewport(1280, 800, scheme)
		faces := chromium.Eval[struct {
			Looks    int
			Contrast float64
		}](ada, `(async () => {
			const { paintFace } = await import("./face.js");
			const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
			const luminance = (color) => {
				pen.fillStyle = color;
				pen.fillRect(0, 0, 1, 1);
				const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
				return 0.2126 * r + 0.7152 * g + 0.0722 * b;
			};
			const face = document.getElementById("my-face"), looks = new Set();
			let contrast = 21;
			for (let n = 0; n < 300; n++) {
				paintFace(face, "Guest " + n);
				const { color, backgroundColor, borderRadius } = getComputedStyle(face);
				looks.add(backgroundColor + borderRadius);
				const [dark, light] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
				contrast = Math.min(contrast, (light + 0.05) / (dark + 0.05));
			}
			return { looks: looks.size, contrast };
		})()`)
		require.Equal(t, 48, faces.Looks, scheme)
		require.GreaterOrEqual(t, faces.Contrast, 4.5, scheme)
	}
	initials := chromium.Eval[[]string](ada, `(async () => {
		const { paintFace } = await import("./face.js");
		const face = document.createElement("span");
		return ["Ada", "ada lovelace", "Bob (2)", "\u{1f600}", "Jean-Luc de Bois", "?"].map((name) => (paintFace(face, name), face.textContent));
	})()`)
	require.Equal(t, []string{"A", "AL", "B2", "\U0001f600", "JB", "?"}, initials)
}

// TestNamesDiffer: a name that looks like that of another person gets a number, also when the host takes the name later.
func TestNamesDiffer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	bob, eve := sdkpeer.NewChatter(t, dial(t, relay, id)), sdkpeer.NewChatter(t, dial(t, relay, id))
	people := func(names ...string) {
		t.Helper()
		ada.WaitFor(fmt.Sprintf("%q", names), `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join() === a`, strings.Join(names, ","))
	}
	bob.Say("name", "Bob")
	people("Bob", "Guest")
	for _, c := range [][2]string{
		{"Eve", "Eve"},
		{"Bob", "Bob (2)"},
		{"Bob\u200b", "Bob (2)"},
		{"Eve\u00ad", "Eve"},
		{"Bo\u200db", "Bo\u200db (2)"},
		{"\u2800Ada\ufeff", "Ada (2)"},
		{"\u3164\u200d\u2064", "Guest"},
		{"bOB", "bOB (2)"},
		{"\uff22\uff4f\uff42", "\uff22\uff4f\uff42 (2)"},
		{"\U0001f469\u200d\U0001f4bb \u2764\ufe0f", "\U0001f469\u200d\U0001f4bb \u2764\ufe0f"},
	} {
		eve.Say("name", c[0])
		people("Bob", c[1])
	}
	ada.Rename("Bob\u2060")
	people("Bob (2)", "\U0001f469\u200d\U0001f4bb \u2764\ufe0f")
}

// TestUnreadMessagesAreCounted: in the title, while the page is hidden. A name that was chosen is the user's name
// on the next visit, too.
func TestUnreadMessagesAreCounted(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	bob, _ := meetBob(t, relay, ada)
	says := func(text string) {
		t.Helper()
		bob.Say("chat", map[string]string{"text": text, "name": "Bob"})
		ada.WaitFor(text, `document.querySelector("#log .message:last-child .text")?.textContent === a`, text)
	}
	says("seen")
	require.Equal(t, "Intercessor", chromium.Eval[string](ada, `document.title`))
	ada.Minimize()
	says("one")
	says("two")
	require.Equal(t, "(2) Intercessor", chromium.Eval[string](ada, `document.title`))
	ada.Restore()
	ada.WaitFor("the title", `document.title === "Intercessor"`)

	ada.Click("#leave")
	ada.Do(`sessionStorage.clear()`)
	ada.Navigate("about:blank")
	ada.Navigate(relay.HTTP + "/")
	require.Equal(t, "Ada", chromium.Eval[string](ada, `document.getElementById("name").value`))
}

// TestANotificationOnRequest: only a user who has asked for it with the bell is notified, while the page is
// hidden, and the notification says nothing of what was written. Where the browser forbids it, the page says so.
func TestANotificationOnRequest(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.StartWhole(t)
	ada := browser.Open(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	kept(ada)
	ada.Hesitate()
	bob := sdkpeer.NewChatter(t, dial(t, relay, id))
	bob.Say("name", "Bob")
	says := func(text string) {
		t.Helper()
		bob.Say("chat", map[string]string{"text": text, "name": "Bob"})
		ada.WaitFor(text, `document.querySelector("#log .message:last-child .text")?.textContent === a`, text)
	}
	const shown = `navigator.serviceWorker.ready.then((all) => all.getNotifications()).then((all) => all.map(({ title, body }) => title + body))`
	ada.Minimize()
	says("not asked for")
	ada.Restore()
	ada.Answer("notifications", "denied")
	ada.Click("#bell")
	ada.WaitText("#log .note", "The browser does not permit notifications.")
	ada.Answer("notifications", "granted")
	ada.Click("#bell")
	ada.WaitFor("the bell", `document.getElementById("bell").ariaPressed === "true"`)
	says("seen")
	require.Empty(t, chromium.Eval[[]string](ada, shown))
	ada.Minimize()
	says("a secret")
	says("and another")
	ada.WaitFor("a notification", `(await `+shown+`).join() === "Bob has written"`)
	bob.OpenFile(map[string]any{"name": "a.txt", "size": 2})
	ada.WaitFor("the file", `(await `+shown+`).join() === "Bob has a file for you"`)
	bob.Say("call", true)
	ada.WaitFor("the call", `(await `+shown+`).join() === "Bob is in a call"`)
	require.Equal(t, "(4) Intercessor", chromium.Eval[string](ada, `document.title`))
	ada.Restore()
	ada.WaitFor("that it goes", `(await `+shown+`).length === 0`)
	ada.Click("#bell")
	ada.WaitFor("the bell", `document.getElementById("bell").ariaPressed === "false"`)
	ada.Minimize()
	says("no longer")
	require.Empty(t, chromium.Eval[[]string](ada, shown))
}
