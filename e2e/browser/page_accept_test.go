package browser_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// press clicks a button of the entry of a file.
func press(p *chromium.Tab, name, button string) {
	p.T.Helper()
	p.WaitFor(button+" of "+name, `(() => {
		const entry = [...document.querySelectorAll("#log .transfer")].findLast((e) => e.querySelector(".file-name").textContent.includes(a));
		const found = entry?.querySelector("." + b);
		found?.click();
		return found;
	})()`, name, button)
}

// outcome waits for what the latest entry of a file says.
func outcome(p *chromium.Tab, name, text string) {
	p.T.Helper()
	p.WaitFor(name+": "+text, `[...document.querySelectorAll("#log .transfer")].findLast((e) => e.querySelector(".file-name").textContent.includes(a))?.textContent.includes(b)`, name, text)
}

// TestAPersonIsAskedBeforeAFileComes: the user accepts or declines, once for a set, and after the first time
// may accept all of this person. The sender hears that it waits, and for what.
func TestAPersonIsAskedBeforeAFileComes(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	bob, id := meetBob(t, relay, ada)
	ada.Hesitate()
	offers := func(name string, of any) *sdkpeer.File {
		t.Helper()
		offer := map[string]any{"name": name, "size": 2}
		if of != nil {
			offer["of"] = of
		}
		return bob.OpenFile(offer)
	}
	gives := func(f *sdkpeer.File) {
		t.Helper()
		content := []byte("ab")
		require.JSONEq(t, `{"from":0}`, f.Line())
		f.Say(map[string]int{"from": 0}, string(content), map[string]string{"sha256": sdkpeer.Sum(content)})
		require.NoError(t, f.CloseWrite())
		require.JSONEq(t, sdkpeer.Received(content), f.Line())
		f.Ends()
	}

	f := offers("unwanted.txt", nil)
	f.Asks()
	outcome(ada, "unwanted.txt", "Do you want it?")
	require.False(t, chromium.Eval[bool](ada, `Boolean(document.querySelector("#log .always"))`), "nothing of this person was accepted yet")
	ada.Shot("asked")
	press(ada, "unwanted.txt", "decline")
	require.JSONEq(t, `{"refused":"it was not wanted","declined":true}`, f.Line())
	f.Ends()
	outcome(ada, "unwanted.txt", "You declined.")
	require.NoError(t, offers("withdrawn.txt", nil).Close())
	outcome(ada, "withdrawn.txt", "Interrupted before it was complete.")

	// A set is one question.
	of := map[string]any{"id": "album", "files": 2, "size": 4}
	first := offers("1.jpg", of)
	first.Asks()
	second := offers("2.jpg", of)
	second.Asks()
	outcome(ada, "2 files: 1.jpg…", "Do you want it?")
	require.Equal(t, 1, chromium.Eval[int](ada, `document.querySelectorAll("#log .accept").length`))
	press(ada, "2 files: 1.jpg…", "accept")
	gives(first)
	gives(second)
	outcome(ada, "2 files: 1.jpg…", "Accepted.")
	require.JSONEq(t, `{"refused":"it was damaged on the way"}`, offers("3.jpg", of).Line(), "more than was announced")
	of = map[string]any{"id": "other", "files": 2, "size": 4}
	first, second = offers("3.jpg", of), offers("4.jpg", of)
	first.Asks()
	second.Asks()
	press(ada, "2 files:", "decline")
	for _, f := range []*sdkpeer.File{first, second} {
		require.JSONEq(t, `{"refused":"it was not wanted","declined":true,"all":true}`, f.Line())
	}
	million := offers("0.jpg", map[string]any{"id": "million", "files": 1_000_000, "size": 2_000_000}).Line()
	require.JSONEq(t, `{"refused":"the receiving page holds at most 200 files from one person","all":true}`, million)
	outcome(ada, "1,000,000 files", "Refused: the receiving page holds at most 200 files from one person.")

	f = offers("trusted.txt", nil)
	f.Asks()
	ada.Accessible("a question, and files that are not saved")
	ada.Shot("asked-again")
	ada.SetViewport(390, 844, "dark")
	ada.Shot("asked-phone")
	ada.SetViewport(1280, 800, "light")
	press(ada, "trusted.txt", "always")
	gives(f)
	gives(offers("more.txt", nil)) // no one is asked

	// The page sends.
	path, _ := newFile(t, "song.ogg", 10)
	ada.SendFile(path)
	f = bob.AcceptFile()
	_ = f.Line()
	f.Say(map[string]any{"waiting": 600, "user": true})
	outcome(ada, "song.ogg", "waiting for Bob to accept")
	ada.Shot("waits-to-accept")
	f.Say(map[string]any{"refused": "it was not wanted", "declined": true})
	outcome(ada, "song.ogg", "Bob declined.")
	ada.Do(`const both = new DataTransfer(), input = document.querySelector(".takes-files input.file");
		for (const file of [new File(["a"], "a"), new File(["bc"], "b")]) both.items.add(file);
		input.files = both.files;
		input.dispatchEvent(new Event("change"))`)
	var offer struct {
		Name string
		Of   struct {
			ID          string
			Files, Size int
		}
	}
	f = bob.AcceptFile()
	require.NoError(t, f.JSON(&offer))
	require.Equal(t, 2, offer.Of.Files)
	require.Equal(t, 3, offer.Of.Size)
	f.Say(map[string]any{"refused": "no", "declined": true, "all": true})
	outcome(ada, offer.Name, "Bob declined.")
	bob.AcceptFile().Say(map[string]any{"refused": "no", "all": true}) // the other one was offered, too

	// A paused file whose other side does not answer, or leaves.
	f = bob.OpenFile(map[string]any{"name": "film.mp4", "size": 3_000_000})
	require.JSONEq(t, `{"from":0}`, f.Line())
	f.Say(map[string]int{"from": 0}, strings.Repeat("a", 1_500_000))
	outcome(ada, "film.mp4", "1.5")
	press(ada, "film.mp4", "pause")
	press(ada, "film.mp4", "resume")
	outcome(ada, "film.mp4", "Waiting for Bob to go on.")
	bob.Await("resume")
	outcome(ada, "film.mp4", "Ask Bob to send it again.")
	press(ada, "film.mp4", "resume")
	bob.Await("resume")
	ada.SendFile(path)
	f = bob.AcceptFile()
	_ = f.Line()
	f.Say(map[string]any{"refused": "it is paused", "paused": true})
	outcome(ada, "song.ogg", "Paused by Bob.")
	require.NoError(t, bob.Conn.Close())
	outcome(ada, "song.ogg", "The other side has left.")

	// Someone who was declined twice is not heard for a while.
	bob = sdkpeer.NewChatter(t, dial(t, relay, id))
	for range 2 {
		f = offers("again.txt", nil)
		f.Asks()
		press(ada, "again.txt", "decline")
		require.Contains(t, f.Line(), `"declined":true`)
	}
	require.Contains(t, offers("again.txt", nil).Line(), `"declined":true`)
	ada.WaitText("#log .note", "You have declined twice.")
}

// TestEitherSidePausesAFile: it goes on from where it was, when the one who has paused it wants.
func TestEitherSidePausesAFile(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada, bob := browser.Blank(), browser.Blank()
	ada.NoDirect()
	url, hurry := slow(t, relay, 2<<20)
	ada.Navigate(url + "/")
	bob.Navigate(ada.Host("Ada"))
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	film, content := newFile(t, "film.mp4", 6_000_000)
	ada.SendFile(film)
	for _, by := range []struct {
		tab, other *chromium.Tab
		name       string
	}{{bob, ada, "Bob"}, {ada, bob, "Ada"}} {
		bob.WaitFor("a part", `document.querySelector("#log progress:not([hidden])")?.value > 0.1`)
		press(by.tab, "film.mp4", "pause")
		outcome(by.tab, "film.mp4", "Paused by you.")
		outcome(by.other, "film.mp4", "Paused by "+by.name+".")
		require.False(t, chromium.Eval[bool](by.other, `Boolean(document.querySelector("#log .resume"))`))
		by.tab.Shot("paused-by-" + by.name)
		bob.Do(`globalThis.least = 1; new MutationObserver(() => { least = Math.min(least, document.querySelector("#log progress").value) })
			.observe(document.querySelector("#log .rate"), { childList: true, characterData: true, subtree: true })`)
		press(by.tab, "film.mp4", "resume")
	}
	hurry()
	saves(bob, "film.mp4", content)
	outcome(ada, "film.mp4", "Sent and checked.")
	require.Greater(t, chromium.Eval[float64](bob, `least`), 0.1)
	require.Equal(t, 1, chromium.Eval[int](bob, `document.querySelectorAll("#log .transfer").length`))
}
