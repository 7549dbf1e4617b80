package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

const tenMB = 10_000_000

// host starts a room with the page's button and gives its link.
func (p *tab) host(name string) string {
	p.t.Helper()
	p.click("#start-room")
	p.says("#room-state", "Your room is open")
	p.rename(name)
	return eval[string](p, `document.getElementById("invite-link").value`)
}

func (p *tab) rename(name string) {
	p.t.Helper()
	p.do(`const field = document.getElementById("name");
		field.focus(); field.value = a; field.dispatchEvent(new Event("change"))`, name)
}

// say writes into the chat and presses Enter.
func (p *tab) say(text string) {
	p.t.Helper()
	p.write("#text", text+"\r")
}

// sendFile chooses a file for the first person who takes one.
func (p *tab) sendFile(path string) {
	p.t.Helper()
	p.upload(".takes-files input.file", path)
}

// direct waits until the page says that a direct path is there.
func (p *tab) direct() {
	p.t.Helper()
	p.sees("a direct path", `document.querySelector("[data-path=direct]")?.textContent.includes("UDP")`)
}

// TestPageAndNativePeer: the page hosts, a Go program dials; they chat, and 10 MB
// go each way over the direct path.
func TestPageAndNativePeer(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	page := browser.open(relay.HTTP + "/")
	link := page.host("Ada")
	_, id, _ := strings.Cut(link, "#")

	ctx := within(t)
	conn, err := sdk.Dial(ctx, relay.WS+"/client/"+id, nil)
	require.NoError(t, err)
	defer conn.Close()
	native := &chatter{t, ctx, conn}

	native.wants("name", `"Ada"`)
	native.wants("people", `["Ada"]`)
	native.says("name", "Gopher")
	native.wants("people", `["Ada","Gopher"]`)
	page.says("#people .name", "Gopher")
	native.says("chat", map[string]string{"text": "hello, page", "name": "an impostor"})
	page.says("#log .message", "hello, page")
	page.says("#log .message .from", "Gopher")
	page.say("hello, program")
	native.wants("chat", `{"text":"hello, program","name":"Ada"}`)
	native.says("ping", 42)
	native.wants("pong", `42`)

	// From the program to the page.
	content := make([]byte, tenMB)
	_, _ = rand.Read(content)
	sum := sha256.Sum256(content)
	ch, err := conn.OpenChannel(ctx, "file")
	require.NoError(t, err)
	native.sends(ch, map[string]any{"name": "../../etc/from-native.bin", "size": len(content)})
	for rest := content; len(rest) > 0; rest = rest[min(len(rest), 16<<10):] {
		require.NoError(t, ch.Send(ctx, rest[:min(len(rest), 16<<10)]))
	}
	require.JSONEq(t, `{"received":10000000,"sha256":"`+hex.EncodeToString(sum[:])+`"}`, string(native.receives(ch)))
	require.NoError(t, ch.Close())
	page.direct()
	folder := t.TempDir()
	page.downloadsTo(folder)
	page.says("#log .outcome", "Received and checked.")
	page.click("#log .save")
	saved := filepath.Join(folder, "from-native.bin")
	require.Eventually(t, func() bool { info, err := os.Stat(saved); return err == nil && info.Size() == tenMB }, patience, 20*time.Millisecond)
	got, err := os.ReadFile(saved)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "the saved file differs from the one sent")

	// And back.
	page.sendFile(saved)
	ch, err = conn.AcceptChannel(ctx)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"from-native.bin","size":10000000}`, string(native.receives(ch)))
	hash, received := sha256.New(), 0
	for received < tenMB {
		part := native.receives(ch)
		require.LessOrEqual(t, len(part), 16<<10)
		hash.Write(part)
		received += len(part)
	}
	require.Equal(t, sum[:], hash.Sum(nil))
	native.sends(ch, map[string]any{"received": received, "sha256": hex.EncodeToString(hash.Sum(nil))})
	page.says("#log .mine .outcome", "Sent and checked.")

	// The page leaves: the program is told.
	page.click("#leave")
	for {
		if _, err = conn.Receive(ctx); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, sdk.ErrPeerGone)
}

var drawnID = regexp.MustCompile(`"id":"[0-9a-f]{24}",`)

// A chatter is a native peer that speaks the page's protocol (web/CHAT.md).
type chatter struct {
	t    *testing.T
	ctx  context.Context
	conn *sdk.Conn
}

func (c *chatter) says(typ string, data any) {
	c.t.Helper()
	b, err := json.Marshal(data)
	require.NoError(c.t, err)
	mustSend(c.t, c.conn, sdk.Message{Type: typ, Data: b})
}

// wants takes the next message that is no ping and no mark. IDs are drawn, and so not
// compared.
func (c *chatter) wants(typ, data string) {
	c.t.Helper()
	for {
		m, err := c.conn.Receive(c.ctx)
		require.NoError(c.t, err)
		if m.Type == "ping" || m.Type == "mark" {
			continue
		}
		require.Equal(c.t, typ, m.Type)
		require.JSONEq(c.t, data, string(drawnID.ReplaceAll(m.Data, nil)))
		return
	}
}

func (c *chatter) sends(ch *sdk.Channel, value any) {
	c.t.Helper()
	b, err := json.Marshal(value)
	require.NoError(c.t, err)
	require.NoError(c.t, ch.Send(c.ctx, b))
}

func (c *chatter) receives(ch *sdk.Channel) []byte {
	c.t.Helper()
	b, err := ch.Receive(c.ctx)
	require.NoError(c.t, err)
	return b
}

// TestTwoPages: two people, each in a browser of their own; then a third.
func TestTwoPages(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	ada.says("h1", "Two peers, introduced.")
	ada.shot("start")
	link := ada.host("Ada")
	ada.says("#invite-hint", "This link works on this machine only, because the relay listens on loopback.")
	require.False(t, eval[bool](ada, `document.getElementById("invite-qr").checkVisibility()`), "a QR code that leads nowhere")
	ada.shot("host-alone")

	bob := browser.blank()
	bob.viewport(390, 844, "dark")
	bob.navigate(link)
	bob.says("#room-state", "You are in")
	bob.rename("Bob")
	ada.says("#people .name", "Bob")
	bob.says("#people .name", "Ada")
	bob.say("Hello Ada, I am on my phone")
	ada.says("#log .text", "Hello Ada, I am on my phone")
	ada.say("Good to see you! Here comes the film.")
	bob.says("#log .text", "Here comes the film.")
	require.Empty(t, eval[string](ada, `document.getElementById("text").value`))
	ada.direct()
	bob.direct()

	// A large file, looked at on its way and then cancelled by its receiver.
	film := filepath.Join(t.TempDir(), "film-of-the-harbour.mp4")
	require.NoError(t, os.WriteFile(film, nil, 0o600))
	require.NoError(t, os.Truncate(film, 200<<20))
	ada.sendFile(film)
	bob.sees("a sixth of the film", `document.querySelector("#log progress")?.value > 1 / 6`)
	ada.sees("the rate", `document.querySelector("#people .detail").textContent.includes("MB/s")`)
	ada.shot("chat-with-file")
	bob.shot("phone")
	bob.click("#log .cancel")
	bob.says("#log .outcome", "Cancelled.")
	ada.says("#log .outcome", "Interrupted")

	// A small one arrives whole, and so does an empty one.
	for name, size := range map[string]int64{"harbour.jpg": 2_345_678, "empty.txt": 0} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Truncate(path, size))
		bob.sendFile(path)
		ada.sees(name, `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes(a) && e.textContent.includes("Received and checked."))`, name)
		bob.sees(name+" sent", `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes(a) && e.textContent.includes("Sent and checked."))`, name)
	}

	// A file dropped anywhere goes to the only other person.
	ada.do(`const files = new DataTransfer();
		files.items.add(new File(["dropped"], "dropped.txt"));
		const drop = new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true});
		document.getElementById("log").dispatchEvent(drop);
		if (!drop.defaultPrevented) throw new Error("the browser would open the file")`)
	bob.sees("the dropped file", `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes("dropped.txt") && e.textContent.includes("Received and checked."))`)

	// A third person sees the others, and their messages reach everyone.
	eve := browser.blank()
	eve.viewport(1280, 800, "dark")
	eve.navigate(link)
	eve.rename("Bob")
	eve.says("#people .name", "Ada")
	eve.says("#people-note", "files go between you and the host only")
	ada.says("#people .name", "Bob (2)")
	eve.sees("the other Bob", `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join() === "Ada,Bob"`)
	bob.says("#people .name", "Bob (2)")
	eve.say("May I join you?")
	bob.says("#log .from", "Bob (2)")
	bob.says("#log .text", "May I join you?")
	ada.shot("host-of-three")
	eve.shot("guest")

	// A guest leaves, then the host.
	eve.click("#leave")
	eve.says("h1", "Two peers, introduced.")
	require.Equal(t, "start-room", eval[string](eve, `document.activeElement.id`), "what has the focus")
	bob.says("#log .note", "Bob (2) left")
	ada.asks(true, `document.getElementById("leave").click()`) // harbour.jpg is not saved
	bob.says("#notice", "The host has left")
	bob.shot("host-left")
}

// TestPageSaysWhatIsWrong: each error is a sentence with something to do.
func TestPageSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)

	lost := browser.open(relay.HTTP+"/#nobody-here", lostRelay...)
	lost.says("#notice", "There is no room behind this link")
	lost.shot("no-room")
	lost.write("#join-link", "this is no link!\r")
	lost.says("#join-problem", "neither the link nor the ID")

	host := browser.open(relay.HTTP+"/", lostRelay...)
	link := host.host("Ada")
	host.say("Is anyone there?")
	host.says("#log .mark", "Not delivered: you were alone")

	// Pasting the link joins, with the keyboard alone.
	lost.do(`document.getElementById("join-link").value = ""`)
	lost.write("#join-link", link+"\r")
	lost.says("#room-state", "You are in")
	host.says("#log .note", "joined")
	host.direct()

	// A hash of another room leaves this one.
	lost.do(`location.hash = "#some-other-room"`)
	lost.says("#notice", "There is no room behind this link")
	host.says("#log .note", "left")

	// The relay goes away under a room: it may be back, and so everything waits.
	lost.do(`location.hash = a`, link[strings.Index(link, "#"):])
	lost.says("#room-state", "You are in")
	host.direct()
	relay.Kill()
	host.says("#people .relayed", "The relay is away. Messages wait; files still go directly.")
	lost.says("#people .relayed", "The host or the relay is away. Messages wait; files still go directly.")
	for _, p := range []*tab{host, lost} {
		require.False(t, eval[bool](p, `document.getElementById("compose").inert`))
	}
	lost.says("#room-state", "Reconnecting…")
	lost.say("Can you hear me?")
	lost.says("#log .mark", "Sending…")
	lost.shot("relay-lost")

	// Files still go over the direct path.
	path := filepath.Join(t.TempDir(), "after-all.bin")
	require.NoError(t, os.WriteFile(path, []byte("still here"), 0o600))
	host.sendFile(path)
	lost.says("#log .outcome", "Received and checked.")
}
