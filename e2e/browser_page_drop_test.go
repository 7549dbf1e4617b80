package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// drop lets go of a file over an element, as a user does who drags it there.
func (p *tab) drop(selector, name string) {
	p.t.Helper()
	p.do(`const files = new DataTransfer();
		files.items.add(new File(["content"], b));
		const at = [...document.querySelectorAll(a)].at(-1);
		for (const type of ["dragenter", "dragover", "drop"]) {
			const event = new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true});
			at.dispatchEvent(event);
			if (!event.defaultPrevented) throw new Error("the browser would open the file");
			if (type === "dragover") globalThis.hint = document.getElementById("drop-hint")?.innerText;
		}`, selector, name)
}

// TestDroppedFilesGoToEveryone: a file dropped outside the rows of people is sent to all who take
// files, and one dropped on a row to that person; where no one can take it, the page says so.
func TestDroppedFilesGoToEveryone(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	link := ada.host("Ada")
	ada.drop("#log", "early.txt")
	ada.says("#log .note", "No one here can receive a file.")

	_, id, _ := strings.Cut(link, "#")
	receives := func(c *chatter, names ...string) {
		t.Helper()
		var got []string
		for range names {
			ch, err := c.conn.AcceptChannel(c.ctx)
			require.NoError(t, err)
			got = append(got, string(c.receives(ch)))
			require.NoError(t, ch.Close())
		}
		for i, name := range names {
			require.JSONEq(t, fmt.Sprintf(`{"name":%q,"size":7}`, name), got[i])
		}
	}
	bob := &chatter{t, within(t), dial(t, relay, id)}
	bob.says("name", "Bob")
	ada.says("#people .name", "Bob")
	cid := &chatter{t, within(t), dial(t, relay, id)}
	cid.says("name", "Cid")
	ada.says("#people .name", "Cid")
	ada.drop("#log", "for-all.txt")
	require.Equal(t, "Drop to send to everyone: Bob, Cid", eval[string](ada, `hint`))
	receives(bob, "for-all.txt")
	receives(cid, "for-all.txt")
	ada.says("#log .from", "You to Bob")
	ada.says("#log .from", "You to Cid")
	ada.drop("#people .takes-files", "for-cid.txt") // the last row
	require.Equal(t, "Drop to send to Cid", eval[string](ada, `hint`))
	receives(cid, "for-cid.txt")
	require.False(t, eval[bool](ada, `document.getElementById("drop-hint").checkVisibility()`))

	// A guest's files go to the host; another guest cannot be sent one, and that is said.
	eve := browser.open(link)
	eve.says("#people .name", "Cid")
	eve.drop("#people .person", "not-for-the-host.txt")
	eve.says("#log .note", "Files go between you and the host only.")
	eve.drop("#log", "for-the-host.txt")
	ada.says("#log .file-name", "for-the-host.txt")
	require.NotContains(t, eval[string](ada, `document.getElementById("log").innerText`), "not-for-the-host.txt")
}

// TestManyFilesAtOnceAllArrive: more files chosen at once than a receiver takes at a time
// wait for their turn.
func TestManyFilesAtOnceAllArrive(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	link := ada.host("Ada")
	bob := browser.open(link)
	bob.says("#room-state", "You are in")
	ada.direct()
	ada.do(`const files = new DataTransfer();
		for (let n = 0; n < 40; n++) files.items.add(new File([new Uint8Array(300_000)], n + ".jpg"));
		document.getElementById("log").dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true}))`)
	bob.sees("all files", `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === "Received and checked.").length === 40`)
	ada.sees("that all have arrived", `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === "Sent and checked.").length === 40`)
}
