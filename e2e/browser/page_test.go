package browser_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

const tenMB = 10_000_000

// meetBob has Ada's page host a room, into which a program comes that chats as Bob. id is the room's.
func meetBob(t *testing.T, relay *relayproc.Relay, ada *chromium.Tab) (bob *sdkpeer.Chatter, id string) {
	t.Helper()
	_, id, _ = strings.Cut(ada.Host("Ada"), "#")
	bob = sdkpeer.NewChatter(t, dial(t, relay, id))
	bob.Say("name", "Bob")
	ada.WaitText("#people .name", "Bob")
	return bob, id
}

// TestPageAndNativePeer: the page hosts, a Go program dials; they chat, and 10 MB
// go each way over the direct path.
func TestPageAndNativePeer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	page := browser.Open(relay.HTTP + "/")
	link := page.Host("Ada")
	_, id, _ := strings.Cut(link, "#")

	ctx := patience.Context(t)
	conn, err := sdk.Dial(ctx, relay.WS+"/client/"+id, nil)
	require.NoError(t, err)
	defer conn.Close()
	native := sdkpeer.NewChatter(t, conn)

	native.Expect("name", `"Ada"`)
	native.Expect("people", `[{"name":"Ada"}]`)
	native.Say("name", "Gopher")
	native.Expect("people", `[{"name":"Ada"},{"name":"Gopher","you":true}]`)
	page.WaitText("#people .name", "Gopher")
	native.Say("name", "Gopher") // nothing new
	for range 2 {
		native.Say("call", false)
		native.Expect("people", `[{"name":"Ada"},{"name":"Gopher","you":true}]`)
	}
	native.Say("chat", map[string]string{"text": "hello, page", "name": "an impostor"})
	page.WaitText("#log .message", "hello, page")
	page.WaitText("#log .message .from", "Gopher")
	page.Say("hello, program")
	native.Expect("chat", `{"text":"hello, program","name":"Ada"}`)
	native.Say("ping", 42)
	native.Expect("pong", `42`)

	// From the program to the page.
	content := make([]byte, tenMB)
	_, _ = rand.Read(content)
	page.WaitDirect()
	native.GiveFile("../../etc/from-native.bin", content)
	folder := t.TempDir()
	page.DownloadTo(folder)
	page.WaitText("#log .outcome", "Received and checked.")
	page.Click("#log .save")
	saved := filepath.Join(folder, "from-native.bin")
	require.Eventually(t, func() bool { info, err := os.Stat(saved); return err == nil && info.Size() == tenMB }, patience.Max, 20*time.Millisecond)
	got, err := os.ReadFile(saved)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "the saved file differs from the one sent")

	// And back.
	page.SendFile(saved)
	info, err := os.Stat(saved)
	require.NoError(t, err)
	offer, back := native.TakeFile()
	require.Equal(t, sdkpeer.Offer{Name: "from-native.bin", Size: tenMB, Modified: info.ModTime().UnixMilli()}, offer)
	require.True(t, bytes.Equal(content, back), "what came differs from the file")
	page.WaitText("#log .mine .outcome", "Sent and checked.")

	// The page leaves: the program is told.
	page.Click("#leave")
	for {
		if _, err = conn.Receive(ctx); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, sdk.ErrPeerGone)
}

// TestTwoPages: two people, each in a browser of their own; then a third.
func TestTwoPages(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	ada.WaitText("h1", "Two peers, introduced.")
	ada.Shot("start")
	link := ada.Host("Ada")
	ada.WaitText("#invite-hint", "This link works on this machine only, because the relay listens on loopback.")
	require.False(t, chromium.Eval[bool](ada, `document.getElementById("invite-qr").checkVisibility()`), "a QR code that leads nowhere")
	ada.Shot("host-alone")

	bob := browser.Blank()
	bob.SetViewport(390, 844, "dark")
	bob.Navigate(link)
	bob.WaitText("#room-state", "You are in")
	bob.Click("#who summary")
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	bob.WaitText("#people .name", "Ada")
	bob.Click("#who summary")
	bob.Say("Hello Ada, I am on my phone")
	ada.WaitText("#log .text", "Hello Ada, I am on my phone")
	ada.Say("Good to see you! Here comes the film.")
	bob.WaitText("#log .text", "Here comes the film.")
	require.Empty(t, chromium.Eval[string](ada, `document.getElementById("text").value`))
	ada.WaitDirect()
	bob.WaitDirect()

	// A large file, looked at on its way and then cancelled by its receiver.
	film := filepath.Join(t.TempDir(), "film-of-the-harbour.mp4")
	require.NoError(t, os.WriteFile(film, nil, 0o600))
	require.NoError(t, os.Truncate(film, 200<<20))
	ada.SendFile(film)
	bob.WaitFor("a sixth of the film", `document.querySelector("#log progress")?.value > 1 / 6`)
	ada.WaitFor("the rate", `document.querySelector("#people .facts").textContent.includes("MB/s")`)
	ada.Shot("chat-with-file")
	bob.Shot("phone")
	bob.Click("#log .cancel")
	bob.WaitText("#log .outcome", "Cancelled.")
	ada.WaitText("#log .outcome", "Refused: the receiver has cancelled it")

	// A small one arrives whole, and so does an empty one.
	for name, size := range map[string]int64{"harbour.jpg": 2_345_678, "empty.txt": 0} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Truncate(path, size))
		bob.SendFile(path)
		ada.WaitFor(name, `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes(a) && e.textContent.includes("Received and checked."))`, name)
		bob.WaitFor(name+" sent", `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes(a) && e.textContent.includes("Sent and checked."))`, name)
	}

	// A file dropped anywhere goes to the only other person.
	ada.Do(`const files = new DataTransfer();
		files.items.add(new File(["dropped"], "dropped.txt"));
		const drop = new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true});
		document.getElementById("log").dispatchEvent(drop);
		if (!drop.defaultPrevented) throw new Error("the browser would open the file")`)
	bob.WaitFor("the dropped file", `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes("dropped.txt") && e.textContent.includes("Received and checked."))`)

	// A third person sees the others, and their messages reach everyone.
	eve := browser.Blank()
	eve.SetViewport(1280, 800, "dark")
	eve.Navigate(link)
	eve.Rename("Bob")
	eve.WaitText("#people .name", "Ada")
	eve.WaitText("#people-note", "files go straight to the person")
	ada.WaitText("#people .name", "Bob (2)")
	eve.WaitFor("the other Bob", `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join() === "Ada,Bob"`)
	bob.WaitText("#count", "3")
	eve.Say("May I join you?")
	bob.WaitText("#log .from", "Bob (2)")
	bob.WaitText("#log .text", "May I join you?")
	ada.Shot("host-of-three")
	eve.Shot("guest")

	// A guest leaves, then the host.
	eve.Click("#leave")
	eve.WaitText("h1", "Two peers, introduced.")
	require.Equal(t, "start-room", chromium.Eval[string](eve, `document.activeElement.id`), "what has the focus")
	bob.WaitText("#log .note", "Bob (2) left")
	ada.AnswerDialog(true, `document.getElementById("leave").click()`) // harbour.jpg is not saved
	ada.Click("#handover-end")
	bob.WaitText("#notice", "The host has left")
	bob.Shot("host-left")
}

// TestPageSaysWhatIsWrong: each error is a sentence with something to do.
func TestPageSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)

	lost := browser.Open(relay.HTTP+"/#nobody-here", chromium.LostRelay...)
	lost.WaitText("#notice", "There is no room behind this link")
	lost.Shot("no-room")
	lost.Type("#join-link", "this is no link!\r")
	lost.WaitText("#join-problem", "neither the link nor the ID")

	host := browser.Open(relay.HTTP+"/", chromium.LostRelay...)
	link := host.Host("Ada")
	host.Say("Is anyone there?")
	host.WaitText("#log .mark", "Not delivered: you were alone")

	// Pasting the link joins, with the keyboard alone.
	lost.Do(`document.getElementById("join-link").value = ""`)
	lost.Type("#join-link", link+"\r")
	lost.WaitText("#room-state", "You are in")
	host.WaitText("#log .note", "joined")
	host.WaitDirect()

	// A hash of another room leaves this one.
	lost.Do(`location.hash = "#some-other-room"`)
	lost.WaitText("#notice", "There is no room behind this link")
	host.WaitText("#log .note", "left")

	// The relay goes away under a room: those who have a direct path talk on, and the rest waits.
	lost.Do(`location.hash = a`, link[strings.Index(link, "#"):])
	lost.WaitText("#room-state", "You are in")
	for _, p := range []*chromium.Tab{host, lost} {
		p.WaitText("#people .line", "Direct")
	}
	relay.Kill()
	host.WaitText("#room-state", "The relay is away. New guests must wait.")
	for _, p := range []*chromium.Tab{host, lost} {
		require.False(t, chromium.Eval[bool](p, `document.getElementById("compose").inert`))
	}
	lost.Say("Can you hear me?")
	host.WaitText("#log .text", "Can you hear me?")
	lost.WaitText("#log .mark", "Delivered")
	lost.WaitText("#room-state", "You are in")
	host.Shot("relay-lost")

	// Files, too, go over the direct path.
	path := filepath.Join(t.TempDir(), "after-all.bin")
	require.NoError(t, os.WriteFile(path, []byte("still here"), 0o600))
	host.SendFile(path)
	lost.WaitText("#log .outcome", "Received and checked.")
}
