package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/require"
)

// gives sends the page a small file whole.
func (c *chatter) gives(name string) {
	c.t.Helper()
	ch, err := c.conn.OpenChannel(c.ctx, "file")
	require.NoError(c.t, err)
	c.sends(ch, map[string]any{"name": name, "size": 2})
	require.NoError(c.t, ch.Send(c.ctx, []byte("ab")))
	require.Contains(c.t, string(c.receives(ch)), `"received":2`)
	require.NoError(c.t, ch.Close())
}

// TestUnsavedFilesAreNotLostWithoutAWord: a page that holds a file which was not saved asks
// before it is reloaded or left, and says afterwards what is gone.
func TestUnsavedFilesAreNotLostWithoutAWord(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	ada := startBrowser(t).open(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.host("Ada"), "#")
	native := &chatter{t, within(t), dial(t, relay, id)}
	native.says("name", "Gopher")
	native.gives("saved.txt")
	ada.says("#log .outcome", "Received and checked.")
	folder := t.TempDir()
	ada.downloadsTo(folder)
	ada.click("#log .save")
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(folder, "saved.txt")); return err == nil }, patience, 20*time.Millisecond)
	require.False(t, eval[bool](ada, `!dispatchEvent(new Event("beforeunload", { cancelable: true }))`), "all is saved")

	native.gives("harbour.jpg")
	ada.sees("harbour.jpg", `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes("harbour.jpg") && e.textContent.includes("Received and checked."))`)
	require.Equal(t, page.DialogTypeBeforeunload, ada.asks(false, `location.reload()`).Type)
	for _, leave := range []string{`document.getElementById("leave").click()`, `location.hash = "#another-room"`} {
		question := ada.asks(false, leave)
		require.Equal(t, page.DialogTypeConfirm, question.Type)
		require.Contains(t, question.Message, "harbour.jpg")
		ada.says("#room-state", "Your room is open")
		require.Equal(t, id, eval[string](ada, `location.hash.slice(1)`))
	}
	ada.asks(true, `location.reload()`)
	ada.says("#log .note", "harbour.jpg was not saved before this page was reloaded, and is lost.")
	require.NotContains(t, eval[string](ada, `document.getElementById("log").innerText`), "saved.txt was")
}

// TestReloadKeepsTheHost: the address of a host's page is the room's link. Loaded again in
// the host's tab it opens the room again, under the host's name; in another tab it is an
// invitation.
func TestReloadKeepsTheHost(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	ada.click("#start-room")
	ada.says("#room-state", "Your room is open")
	link := eval[string](ada, `document.getElementById("invite-link").value`)
	require.Equal(t, link, eval[string](ada, `location.href`))
	name := eval[string](ada, `document.getElementById("name").value`)

	bob := browser.open(link)
	bob.says("#people .name", name)
	bob.says("#room-state", "You are in")
	ada.reload()
	ada.says("#room-state", "Your room is open")
	require.Equal(t, link, eval[string](ada, `location.href`))
	require.Equal(t, link, eval[string](ada, `document.getElementById("invite-link").value`))
	require.Equal(t, name, eval[string](ada, `document.getElementById("name").value`))
	bob.says("#room-state", "You are in")
	bob.say("still here") // what the host takes after the name
	ada.says("#log .text", "still here")
	require.NotContains(t, eval[string](ada, `document.getElementById("log").innerText`), "joined")
	bob.says("#room-state", "You are in")
	bob.says("#people .role", "host")
	bob.sees("the host's name", `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join() === a`, name)

	// A copy of the host's tab says what it is, and can come as a guest.
	copied := ada.duplicate()
	copied.says("#notice", "Your room is open in the tab that this one was copied from.")
	copied.says("#again", "Join as a guest")
	copied.click("#again")
	copied.says("#room-state", "You are in")
	require.Equal(t, link, eval[string](copied, `location.href`))
	ada.says("#room-state", "Your room is open")

	// The room that its host has left is in no address.
	ada.do(`document.getElementById("leave").click()`)
	ada.says("h1", "Two peers, introduced.")
	require.Equal(t, relay.HTTP+"/", eval[string](ada, `location.href`))
}

// TestReloadedGuestMeetsNoGhost: a guest that loads its page again is one person, to itself
// and to the others, whether the browser can keep who it is or not.
func TestReloadedGuestMeetsNoGhost(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	link := ada.host("Ada")
	people := func(p *tab, names string) {
		t.Helper()
		p.sees("as people "+names, `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join() === a`, names)
	}

	bob := browser.open(link)
	bob.rename("Bob")
	people(ada, "Bob")
	people(bob, "Ada")
	bob.say("before")
	ada.says("#log .text", "before")
	bob.reload()
	bob.says("#room-state", "You are in")
	bob.say("after") // what the host takes after the name, so that the lists have come
	ada.says("#log .text", "after")
	bob.says("#log .mark", "Delivered")
	ada.say("seen")
	bob.says("#log .text", "seen")
	people(bob, "Ada")
	people(ada, "Bob")
	require.NotContains(t, eval[string](bob, `document.getElementById("log").innerText`), "Also here")

	// Without Web Locks the page is another peer, and the one before has left.
	cid := browser.blank()
	cid.prelude(`Object.defineProperty(navigator, "locks", { value: undefined })`)
	cid.navigate(link)
	cid.says("#room-state", "You are in")
	cid.rename("Cid")
	people(ada, "Bob,Cid")
	cid.reload()
	cid.says("#room-state", "You are in")
	cid.say("again")
	ada.says("#log .text", "again")
	ada.says("#log .note", "Cid left")
	people(ada, "Bob,Cid")
	people(cid, "Ada,Bob")
}

// TestReloadWithoutWebLocksEndsTheRoom: where the browser cannot keep an identity, the
// room ends with its host's page, and both sides say so.
func TestReloadWithoutWebLocksEndsTheRoom(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.blank()
	ada.prelude(`Object.defineProperty(navigator, "locks", { value: undefined })`)
	ada.navigate(relay.HTTP + "/")
	link := ada.host("Ada")
	bob := browser.open(link)
	bob.says("#room-state", "You are in")
	ada.reload()
	ada.says("#notice", "Your room has ended")
	require.Equal(t, relay.HTTP+"/", eval[string](ada, `location.href`))
	bob.says("#notice", "The host has left")
	require.False(t, eval[bool](bob, `document.getElementById("invite").checkVisibility()`), "an invitation to a room that has ended")
}
