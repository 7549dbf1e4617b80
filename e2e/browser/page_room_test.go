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

// TestAnnouncedFilesHoldNothing: a guest that announces all the page can hold, and sends
// nothing, keeps no other from sending; and after a minute without progress it is told why its transfers end.
func TestAnnouncedFilesHoldNothing(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Blank()
	skipMinutes(ada)
	ada.Navigate(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	idle, busy := sdkpeer.NewChatter(t, dial(t, relay, id)), sdkpeer.NewChatter(t, dial(t, relay, id))
	idle.Say("name", "Idle")
	busy.Say("name", "Busy")
	ada.WaitText("#people .name", "Busy")

	var files []*sdkpeer.File
	for n := range 15 {
		files = append(files, idle.OpenFile(map[string]any{"name": fmt.Sprintf("%d.iso", n), "size": 1_000_000_000}))
		require.JSONEq(t, `{"from":0}`, files[n].Line())
	}
	files = append(files, idle.OpenFile()) // and one that does not even say what comes
	ada.WaitFor("fifteen transfers", `document.querySelectorAll("#log .transfer").length === 15`)
	require.Contains(t, idle.OpenFile(map[string]any{"name": "one-more.txt", "size": 2}).Line(), `at most 16 files at once`)
	busy.GiveFile("from-busy.txt", []byte("ab"))

	ada.Do(`globalThis.fast = true`)
	idle.Ctx = patience.Context(t)
	for _, file := range files {
		require.JSONEq(t, `{"refused":"nothing moved for a minute"}`, file.Line())
		file.Ends()
	}
	ada.WaitFor("the end of all", `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === "Ended: nothing moved for a minute.").length === 15`)
	ada.Do(`globalThis.fast = false`)
	idle.GiveFile("after-all.txt", []byte("ab"))
}

// TestOneGuestGetsHalfOfThePage: what one guest may have the page hold leaves as much for
// the others, in bytes and in files.
func TestOneGuestGetsHalfOfThePage(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Blank()
	ada.Prelude(inMemory)
	ada.Prelude(`delete globalThis.showSaveFilePicker`)
	ada.Navigate(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	guest := sdkpeer.NewChatter(t, dial(t, relay, id))
	require.Contains(t, guest.OpenFile(map[string]any{"name": "huge.iso", "size": 1_100_000_000}).Line(), `{"refused":"the receiving page holds at most 1.1`)

	// Gigabytes are not sent in a test: the page's own account is asked.
	ada.Do(`const { Shelf } = await import("./shelf.js");
		const mega = 2 ** 20, one = new Shelf("one"), other = new Shelf("other");
		globalThis.code = (act) => { try { act(); return "taken" } catch (err) { return err.code } };
		const first = one.place(1024 * mega), second = one.place(1024 * mega); // announced, not received
		globalThis.seen = [code(() => first.add(1000 * mega)), code(() => second.add(24 * mega)), code(() => second.add(1)),
			code(() => one.place(1)), code(() => other.place(1024 * mega).add(1024 * mega)), code(() => new Shelf("third").place(1))];
		first.clear(); first.clear();
		seen.push(code(() => second.add(1000 * mega)));
		second.clear();
		const places = Array.from({ length: 200 }, () => one.place(0));
		seen.push(code(() => one.place(0)), code(() => new Shelf("third").place(0)));
		places[0].clear();
		seen.push(code(() => one.place(0)));`)
	require.Equal(t, []string{"taken", "taken", "too-large", "too-large", "taken", "too-large", "taken", "too-large", "taken", "taken"}, chromium.Eval[[]string](ada, `seen`))
}
