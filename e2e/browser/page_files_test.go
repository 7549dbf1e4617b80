package browser_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// newFile makes a file of random content.
func newFile(t testing.TB, name string, size int) (path string, content []byte) {
	t.Helper()
	content = make([]byte, size)
	_, _ = rand.Read(content)
	path = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path, content
}

// slow returns the address of a proxy before a relay that passes so many bytes a second from each
// page, until hurry is called.
func slow(t testing.TB, relay *relayproc.Relay, rate int64) (url string, hurry func()) {
	t.Helper()
	proxy, err := chaos.Listen(relay.Addr, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, proxy.Close()) })
	proxy.SetFaults(chaos.Faults{Up: chaos.Way{Rate: rate}})
	return "http://" + proxy.Addr(), func() { proxy.SetFaults(chaos.Faults{}) }
}

// saves has the user save the only file that came, and compares it.
func saves(p *chromium.Tab, name string, content []byte) {
	p.T.Helper()
	p.WaitText("#log .outcome", "Received and checked.")
	folder := p.T.TempDir()
	p.DownloadTo(folder)
	p.Click("#log .save:not([hidden])")
	saved := filepath.Join(folder, name)
	require.Eventually(p.T, func() bool { info, err := os.Stat(saved); return err == nil && info.Size() == int64(len(content)) }, patience.Max, 20*time.Millisecond)
	got, err := os.ReadFile(saved)
	require.NoError(p.T, err)
	require.Equal(p.T, sdkpeer.Sum(content), sdkpeer.Sum(got))
}

// TestAFileNeedsNoDirectPath: where there is none, a file goes over the relay, both ways. While relayd is
// dead it waits, and goes on when relayd is back.
func TestAFileNeedsNoDirectPath(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada, bob := browser.Blank(chromium.LostRelay...), browser.Blank(chromium.LostRelay...)
	ada.NoDirect()
	bob.NoDirect()
	url, hurry := slow(t, relay, 2<<20)
	ada.Navigate(url + "/")
	link := ada.Host("Ada")
	bob.Navigate(link)
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")

	film, content := newFile(t, "film.mp4", 6_000_000)
	ada.SendFile(film)
	for _, p := range []*chromium.Tab{ada, bob} {
		p.WaitText("#log .rate", "/s · over the relay")
	}
	bob.WaitFor("a part", `document.querySelector("#log progress").value > 0.1`)
	ada.Shot("over-the-relay")
	relay.Restart(func() {
		for _, p := range []*chromium.Tab{ada, bob} {
			p.WaitText("#log .rate", "waits for the connection")
		}
		ada.Shot("relay-away")
		hurry()
	})
	saves(bob, "film.mp4", content)
	ada.WaitText("#log .mine .outcome", "Sent and checked.")
	ada.Shot("sent")
	bob.Shot("received")

	song, content := newFile(t, "song.ogg", 1_000_000)
	bob.SendFile(song)
	saves(ada, "song.ogg", content)
	bob.WaitText("#log .mine .outcome", "Sent and checked.")
}

// TestAFileOutlivesTheRelay: a file that goes over a direct path goes on while relayd is dead.
func TestAFileOutlivesTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP+"/", chromium.LostRelay...)
	bob := browser.Open(ada.Host("Ada"), chromium.LostRelay...)
	bob.WaitText("#people .line", "Direct")
	film, content := newFile(t, "film.mp4", 40_000_000)
	bob.SendFile(film)
	ada.WaitText("#log .rate", "/s · direct")
	relay.Restart(func() {
		ada.WaitText("#room-state", "The relay is away.")
		before := chromium.Eval[float64](ada, `document.querySelector("#log progress").value`)
		ada.WaitFor("more", `document.querySelector("#log progress").value > a || document.querySelector("#log .outcome").textContent`, before)
	})
	saves(ada, "film.mp4", content)
	bob.WaitText("#log .mine .outcome", "Sent and checked.")
}

// TestAFileGoesOnFromWhatIsThere: what has come of a file that broke off is kept. The same offer,
// on another connection and in another room, goes on from there; another content of that name begins anew.
func TestAFileGoesOnFromWhatIsThere(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	_, content := newFile(t, "film.mp4", 3_000_000)
	offer := sdkpeer.Offer{Name: "film.mp4", Size: len(content), Modified: 1_700_000_000_000}

	ada.Do(`const { createObjectURL } = URL;
		URL.createObjectURL = (file) => createObjectURL.call(URL, (globalThis.made = file))`)

	// The page receives.
	const half = 1_500_000
	first := sdkpeer.NewChatter(t, dial(t, relay, id))
	f := first.OpenFile(offer)
	require.JSONEq(t, `{"from":0}`, f.Line())
	f.Say(map[string]int{"from": 0}, string(content[:half]))
	ada.WaitText("#log .rate", "1.5")
	require.NoError(t, first.Conn.Close())
	ada.WaitText("#log .outcome", "It goes on from here when it is sent again.")
	ada.Shot("kept")

	// It outlives the stay in the room.
	ada.Click("#leave")
	ada.WaitText("h1", "Two peers, introduced.")
	_, id, _ = strings.Cut(ada.Host("Ada"), "#")
	ada.WaitText("#log .outcome", "It goes on from here when it is sent again.")

	// Someone else who offers it is asked about first, and harms nothing.
	ada.Hesitate()
	mallory := sdkpeer.NewChatter(t, dial(t, relay, id))
	f = mallory.OpenFile(offer)
	f.Asks()
	press(ada, "film.mp4", "decline")
	require.Contains(t, f.Line(), `"declined":true`)
	ada.Do(`globalThis.hesitates = false`)
	var there struct {
		From   int
		SHA256 string
	}
	for _, begin := range []int{half, 0} {
		f = mallory.OpenFile(offer)
		require.NoError(t, f.JSON(&there))
		require.Equal(t, half, there.From)
		f.Say(map[string]int{"from": begin}, strings.Repeat("x", len(content)-begin), map[string]string{"sha256": sdkpeer.Sum(content)})
		require.JSONEq(t, `{"refused":"it was damaged on the way"}`, f.Line())
	}
	require.NoError(t, mallory.Conn.Close())
	ada.WaitFor("that no one is here", `!document.querySelector("#people .person")`)

	second := sdkpeer.NewChatter(t, dial(t, relay, id))
	changed := offer
	changed.Modified++
	f = second.OpenFile(changed)
	require.JSONEq(t, `{"from":0}`, f.Line(), "a file that was changed")
	f.CancelWrite(0, "")
	f = second.OpenFile(offer)
	require.NoError(t, f.JSON(&there))
	require.Equal(t, half, there.From)
	require.Equal(t, sdkpeer.Sum(content[:half]), there.SHA256)
	f.Say(map[string]int{"from": half}, string(content[half:]), map[string]string{"sha256": sdkpeer.Sum(content)})
	require.NoError(t, f.CloseWrite())
	require.JSONEq(t, sdkpeer.Received(content), f.Line())
	require.Equal(t, 1, chromium.Eval[int](ada, `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === "Received and checked.").length`))
	require.Equal(t, 5, chromium.Eval[int](ada, `document.querySelectorAll("#log .transfer").length`))
	require.Equal(t, "film.mp4 1700000000000", chromium.Eval[string](ada, `made.name + " " + made.lastModified`))

	// The page sends.
	path, content := newFile(t, "song.ogg", 1_000_000)
	for from, sum := range map[int]string{
		400_000:   sdkpeer.Sum(content[:400_000]),
		1_000_000: sdkpeer.Sum(content),
		300_000:   sdkpeer.Sum(content[:300_001]),
		2_000_000: sdkpeer.Sum(content),
	} {
		begin := from
		if from == 300_000 || from == 2_000_000 { // not of this file
			begin = 0
		}
		ada.SendFile(path)
		f := second.AcceptFile()
		_ = f.Line()
		f.Say(map[string]any{"from": from, "sha256": sum})
		var begins struct{ From int }
		require.NoError(t, f.JSON(&begins))
		require.Equal(t, begin, begins.From)
		require.Equal(t, sdkpeer.Sum(content[begin:]), sdkpeer.Sum(f.Content(len(content)-begin)))
		require.JSONEq(t, `{"sha256":"`+sdkpeer.Sum(content)+`"}`, f.Line())
		f.Say(sdkpeer.Received(content) + "\n")
		require.NoError(t, f.CloseWrite())
		f.Ends()
	}
	ada.WaitFor("all", `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === "Sent and checked.").length === 4`)
}

// TestAReloadedPageSendsTheRest: a sender's page is loaded again in the middle. When its user chooses the
// same file again, it goes on from what has come.
func TestAReloadedPageSendsTheRest(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada, bob := browser.Blank(), browser.Blank()
	bob.NoDirect()
	ada.Navigate(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	url, hurry := slow(t, relay, 2<<20)
	bob.Navigate(url + "/#" + id)
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	film, content := newFile(t, "film.mp4", 10_000_000)
	bob.SendFile(film)
	ada.WaitFor("a half", `document.querySelector("#log progress")?.value > 0.5`)
	bob.Say("I have to load the page again.") // the browser asks only a user who has touched the page
	bob.AnswerDialog(true, `location.reload()`)
	ada.WaitText("#log .outcome", "It goes on from here when it is sent again.")
	bob.WaitText("#log .note", "Sent again, it goes on from what has arrived.")
	bob.WaitText("#people .name", "Ada")
	ada.Do(`globalThis.least = 1;
		new MutationObserver(() => { least = Math.min(least, document.querySelector("#log progress").value) })
			.observe(document.querySelector("#log .rate"), { childList: true, characterData: true, subtree: true })`)
	hurry()
	bob.SendFile(film)
	saves(ada, "film.mp4", content)
	bob.WaitText("#log .mine .outcome", "Sent and checked.")
	require.Greater(t, chromium.Eval[float64](ada, `least`), 0.5)
	require.Equal(t, 1, chromium.Eval[int](ada, `document.querySelectorAll("#log .transfer").length`))
}

// TestAFileGoesOnWhenItsReceiverIsReloaded: the page that receives is loaded again in the middle, and has
// forgotten what had come. The sender begins anew by itself when the page is back.
func TestAFileGoesOnWhenItsReceiverIsReloaded(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada, bob := browser.Blank(), browser.Blank()
	ada.NoDirect()
	url, _ := slow(t, relay, 1<<20)
	ada.Navigate(url + "/")
	bob.Navigate(ada.Host("Ada"))
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	for _, sides := range [][2]*chromium.Tab{{ada, bob}, {bob, ada}} {
		from, to := sides[0], sides[1]
		film, content := newFile(t, "film.mp4", 6_000_000)
		from.SendFile(film)
		to.WaitFor("a part", `document.querySelector("#log progress:not([hidden])")?.value > 0.1`)
		to.Say("I have to load the page again.") // the browser asks only a user who has touched the page
		to.AnswerDialog(true, `location.reload()`)
		to.WaitText("#log .note", "film.mp4 was interrupted because this page was reloaded.")
		saves(to, "film.mp4", content)
		from.WaitText("#log .mine .outcome", "Sent and checked.")
	}
}

// TestAFileGoesOnWithAnotherConnection: a guest is away for longer than the relay waits, so that its connection
// is given up. It comes back, with another ID, and the file goes on by itself from what has come.
func TestAFileGoesOnWithAnotherConnection(t *testing.T) {
	t.Parallel()
	s := impatient(t)
	host, guest := s.enter("host"), s.enter("guest")
	guest.Tab.NoDirect()
	guest.proxy.SetFaults(chaos.Faults{Up: chaos.Way{Rate: 1 << 17}})
	_, id, _ := strings.Cut(host.Host("Ada"), "#")
	guest.Navigate("about:blank")
	guest.Navigate("http://" + guest.proxy.Addr() + "/#" + id)
	guest.Rename("Bob")
	host.WaitText("#people .name", "Bob")
	film, content := newFile(t, "film.mp4", 4_000_000)
	guest.SendFile(film)
	host.WaitFor("a part", `document.querySelector("#log progress")?.value > 0.3`)
	s.cut(guest, chaos.RST)
	guest.WaitText("#log .rate", "waits for the connection")
	host.WaitText("#log .outcome", "It goes on from here when it is sent again.")
	guest.proxy.SetFaults(chaos.Faults{})
	s.mend(guest)
	saves(host.Tab, "film.mp4", content)
	guest.WaitText("#log .mine .outcome", "Sent and checked.")
	require.Equal(t, 1, chromium.Eval[int](host.Tab, `document.querySelectorAll("#log .transfer").length`))
}
