package firefox_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/tab"
)

// page has two people meet, chat, and send each other a file. The guest loads its page again.
func page(t *testing.T, relay *relayproc.Relay, ada, bob *tab.Tab) {
	ada.Navigate(relay.HTTP + "/")
	link := ada.Host("Ada")
	bob.Navigate(link)
	bob.WaitText("#room-state", "You are in")
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	bob.WaitText("#people .name", "Ada")
	bob.Say("Hello Ada")
	ada.WaitText("#log .text", "Hello Ada")
	ada.Say("Hello Bob")
	bob.WaitText("#log .text", "Hello Bob")
	for _, p := range []*tab.Tab{ada, bob} {
		p.WaitText("#log .mark", "Delivered")
		p.WaitDirect()
		p.WaitText("#people .line", "Direct")
		require.NotContains(t, tab.Eval[string](p, `document.querySelector("#people .path").textContent`), "0.0\u00a0ms", "no time is not measured")
	}

	film := sendFile(t, ada, bob, "film.mp4")
	song := sendFile(t, bob, ada, "song.ogg")
	save(t, ada, "song.ogg", song)
	ada.Shot("firefox-files-" + filepath.Base(t.Name()))

	bob.Reload()
	bob.WaitText("#room-state", "You are in")
	bob.WaitText("#log .text", "Hello Bob")
	bob.Say("I am back")
	ada.WaitText("#log .text", "I am back")
	save(t, bob, "film.mp4", film) // a received file outlives the page
	for p, other := range map[*tab.Tab]string{ada: "Bob", bob: "Ada"} {
		p.WaitFor("one other person", `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join() === a`, other)
	}
	bob.WaitDirect()

	bob.Click("#leave")
	ada.WaitText("#log .note", "Bob left")
}

// away has two people talk on while the relay is away, and back.
func away(t *testing.T, relay *relayproc.Relay, ada, bob *tab.Tab) {
	ada.Navigate(relay.HTTP + "/")
	bob.Navigate(ada.Host("Ada"))
	bob.WaitText("#room-state", "You are in")
	for _, p := range []*tab.Tab{ada, bob} {
		p.WaitText("#people .line", "Direct")
	}
	relay.Restart(func() {
		ada.WaitText("#room-state", "The relay is away.")
		bob.Say("Can you hear me?")
		ada.WaitText("#log .text", "Can you hear me?")
		ada.Say("Yes")
		bob.WaitText("#log .text", "Yes")
	})
	ada.WaitText("#room-state", "Your room is open")
	bob.WaitText("#room-state", "You are in")
}

// offline opens the page once more while the relay is away.
func offline(t *testing.T, relay *relayproc.Relay, ada, _ *tab.Tab) {
	ada.Navigate(relay.HTTP + "/")
	ada.WaitFor("the service worker", `(await navigator.serviceWorker.getRegistration())?.active?.state === "activated"`)
	relay.Restart(func() {
		ada.Reload()
		ada.WaitText("#notice", "The relay cannot be reached")
		ada.WaitText("h1", "Two peers, introduced.")
	})
	ada.Click("#again")
	ada.WaitFor("the page from the relay", `document.documentElement?.dataset.offline === undefined && document.getElementById("start-room")?.disabled === false`)
	ada.Host("Ada")
}

// sendFile has a person send a file of a megabyte, which the other one accepts.
func sendFile(t *testing.T, from, to *tab.Tab, name string) (content []byte) {
	t.Helper()
	content = make([]byte, 1_000_000)
	_, _ = rand.Read(content)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	to.Hesitate()
	from.SendFile(path)
	to.Click("#log .accept")
	to.WaitText("#log .outcome", "Received and checked.")
	from.WaitText("#log .mine .outcome", "Sent and checked.")
	return content
}

// save has a person save the only received file, and compares it.
func save(t *testing.T, p *tab.Tab, name string, content []byte) {
	t.Helper()
	folder := t.TempDir()
	p.DownloadTo(folder)
	p.Click("#log .save:not([hidden])")
	saved := filepath.Join(folder, name)
	require.Eventually(t, func() bool { info, err := os.Stat(saved); return err == nil && info.Size() == int64(len(content)) }, patience.Max, 20*time.Millisecond)
	got, err := os.ReadFile(saved)
	require.NoError(t, err)
	require.Equal(t, sdkpeer.Sum(content), sdkpeer.Sum(got))
}
