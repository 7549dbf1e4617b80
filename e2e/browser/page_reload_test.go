package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// inMemory is a browser that gives a page no storage for files.
const inMemory = `Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined })`

// TestUnsavedFilesAreNotLostWithoutAWord: a page that holds a file in memory which was not saved asks
// before it is reloaded or left, and says afterwards what is gone.
func TestUnsavedFilesAreNotLostWithoutAWord(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Blank()
	ada.Prelude(inMemory)
	ada.Navigate(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	native := sdkpeer.NewChatter(t, dial(t, relay, id))
	native.Say("name", "Gopher")
	native.GiveFile("saved.txt", []byte("ab"))
	ada.WaitText("#log .outcome", "Received and checked.")
	folder := t.TempDir()
	ada.DownloadTo(folder)
	ada.Click("#log .save")
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(folder, "saved.txt")); return err == nil }, patience.Max, 20*time.Millisecond)
	require.False(t, chromium.Eval[bool](ada, `!dispatchEvent(new Event("beforeunload", { cancelable: true }))`), "all is saved")

	native.GiveFile("harbour.jpg", []byte("ab"))
	ada.WaitFor("harbour.jpg", `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes("harbour.jpg") && e.textContent.includes("Received and checked."))`)
	require.Equal(t, page.DialogTypeBeforeunload, ada.AnswerDialog(false, `location.reload()`).Type)
	for _, leave := range []string{`document.getElementById("leave").click()`, `location.hash = "#another-room"`} {
		question := ada.AnswerDialog(false, leave)
		require.Equal(t, page.DialogTypeConfirm, question.Type)
		require.Contains(t, question.Message, "harbour.jpg")
		ada.WaitText("#room-state", "Your room is open")
		require.Equal(t, id, chromium.Eval[string](ada, `location.hash.slice(1)`))
	}
	ada.AnswerDialog(true, `location.reload()`)
	ada.WaitText("#log .note", "harbour.jpg was not saved before this page was reloaded, and is lost.")
	require.NotContains(t, chromium.Eval[string](ada, `document.getElementById("log").innerText`), "saved.txt was")
}

// TestReloadKeepsTheHost: the address of a host's page is the room's link. Loaded again in
// the host's tab it opens the room again, under the host's name; in another tab it is an
// invitation.
func TestReloadKeepsTheHost(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	ada.Click("#start-room")
	ada.WaitText("#room-state", "Your room is open")
	link := chromium.Eval[string](ada, `document.getElementById("invite-link").value`)
	require.Equal(t, link, chromium.Eval[string](ada, `location.href`))
	name := chromium.Eval[string](ada, `document.getElementById("name").value`)

	bob := browser.Open(link)
	bob.WaitText("#people .name", name)
	bob.WaitText("#room-state", "You are in")
	ada.WaitText("#log .note", "joined") // the host has bob's name, and keeps it
	ada.Reload()
	ada.WaitText("#room-state", "Your room is open")
	require.Equal(t, link, chromium.Eval[string](ada, `location.href`))
	require.Equal(t, link, chromium.Eval[string](ada, `document.getElementById("invite-link").value`))
	require.Equal(t, name, chromium.Eval[string](ada, `document.getElementById("name").value`))
	bob.WaitText("#room-state", "You are in")
	bob.Say("still here") // what the host takes after the name
	ada.WaitText("#log .text", "still here")
	require.NotContains(t, chromium.Eval[string](ada, `document.getElementById("log").innerText`), "joined")
	bob.WaitText("#room-state", "You are in")
	bob.WaitText("#people .role", "host")
	bob.WaitFor("the host's name", `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join() === a`, name)

	// A copy of the host's tab says what it is, and can come as a guest.
	copied := ada.Duplicate()
	copied.WaitText("#notice", "Your room is open in the tab that this one was copied from.")
	copied.WaitText("#again", "Join as a guest")
	copied.Click("#again")
	copied.WaitText("#room-state", "You are in")
	require.Equal(t, link, chromium.Eval[string](copied, `location.href`))
	ada.WaitText("#room-state", "Your room is open")

	// The room that its host has left is in no address.
	ada.EndRoom()
	ada.WaitText("h1", "Two peers, introduced.")
	require.Equal(t, relay.HTTP+"/", chromium.Eval[string](ada, `location.href`))
}

// TestReloadedGuestMeetsNoGhost: a guest that loads its page again is one person, to itself
// and to the others, whether the browser can keep who it is or not.
func TestReloadedGuestMeetsNoGhost(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	people := func(p *chromium.Tab, names string) {
		t.Helper()
		p.WaitFor("as people "+names, `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join() === a`, names)
	}

	bob := browser.Open(link)
	bob.Rename("Bob")
	people(ada, "Bob")
	people(bob, "Ada")
	bob.Say("before")
	ada.WaitText("#log .text", "before")
	bob.Reload()
	bob.WaitText("#room-state", "You are in")
	bob.Say("after") // what the host takes after the name, so that the lists have come
	ada.WaitText("#log .text", "after")
	bob.WaitText("#log .mark", "Delivered")
	ada.Say("seen")
	bob.WaitText("#log .text", "seen")
	people(bob, "Ada")
	people(ada, "Bob")
	require.NotContains(t, chromium.Eval[string](bob, `document.getElementById("log").innerText`), "Also here")

	// Without Web Locks the page is another peer, and the one before has left.
	cid := browser.Blank()
	cid.Prelude(`Object.defineProperty(navigator, "locks", { value: undefined })`)
	cid.Navigate(link)
	cid.WaitText("#room-state", "You are in")
	cid.Rename("Cid")
	people(ada, "Bob,Cid")
	cid.Reload()
	cid.WaitText("#room-state", "You are in")
	cid.Say("again")
	ada.WaitText("#log .text", "again")
	ada.WaitText("#log .note", "Cid left")
	people(ada, "Bob,Cid")
	people(cid, "Ada,Bob")
}

// TestReloadWithoutWebLocksEndsTheRoom: where the browser cannot keep an identity, the
// room ends with its host's page, and both sides say so.
func TestReloadWithoutWebLocksEndsTheRoom(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Blank()
	ada.Prelude(`Object.defineProperty(navigator, "locks", { value: undefined })`)
	ada.Navigate(relay.HTTP + "/")
	link := ada.Host("Ada")
	bob := browser.Open(link)
	bob.WaitText("#room-state", "You are in")
	ada.Reload()
	ada.WaitText("#notice", "Your room has ended")
	require.Equal(t, relay.HTTP+"/", chromium.Eval[string](ada, `location.href`))
	bob.WaitText("#notice", "The host has left")
	require.False(t, chromium.Eval[bool](bob, `document.getElementById("invite").checkVisibility()`), "an invitation to a room that has ended")
}
