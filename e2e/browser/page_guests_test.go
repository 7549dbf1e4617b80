package browser_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// TestGuestsSendFilesToEachOther: two guests connect to each other when one sends the other a file. The host's
// reload and its departure do not end what they do, and the connection appears in no other person's row.
func TestGuestsSendFilesToEachOther(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	host := browser.Open(relay.HTTP + "/")
	link := host.Host("Ada")
	bob, cid := browser.Open(link), browser.Open(link)
	bob.Rename("Bob")
	cid.Rename("Cid")

	path := filepath.Join(t.TempDir(), "to-cid.txt")
	require.NoError(t, os.WriteFile(path, []byte("from Bob"), 0o600))
	bob.SendFileTo("Cid", path)
	cid.WaitText("#log .transfer .from", "Bob")
	cid.WaitText("#log .outcome", "Received and checked.")
	bob.WaitText("#log .outcome", "Sent and checked.")
	bob.WaitText(bob.Row("Cid")+" .line", "Direct")
	cid.WaitText(cid.Row("Bob")+" .line", "Direct")
	cid.SendFileTo("Bob", path) // over the same connection
	bob.WaitFor("the file from Cid", `document.querySelector("#log .transfer:not(.mine) .outcome")?.textContent === "Received and checked."`)
	host.WaitFor("no file", `document.querySelectorAll("#log .transfer").length === 0`)

	// A third guest, which lies about who it is.
	_, id, _ := strings.Cut(link, "#")
	eve := sdkpeer.NewChatter(t, dial(t, relay, id))
	eve.Say("key", "eves-key")
	eve.Say("name", "Eve")
	type person struct {
		ID, Name string
		You      bool
	}
	var people []person
	for len(people) < 4 {
		require.NoError(t, json.Unmarshal(eve.Await("people"), &people))
	}
	require.Equal(t, []string{"Ada", "Bob", "Cid", "Eve"}, []string{people[0].Name, people[1].Name, people[2].Name, people[3].Name})
	require.True(t, people[3].You)
	bobID, cidID := people[1].ID, people[2].ID
	bob.WaitText("#log .note", "Eve joined")
	eve.Say("knock", map[string]string{"to": cidID, "from": bobID})
	var answer struct{ From, Door, Token string }
	require.NoError(t, json.Unmarshal(eve.Await("answer"), &answer))
	require.Equal(t, cidID, answer.From)
	stranger := dial(t, relay, answer.Door)
	sdkpeer.MustSend(t, stranger, sdk.Message{Type: "enter", Data: []byte(`"a guess"`)})
	_, err := stranger.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone, "the door has let a stranger in")
	for range 17 { // who says nothing keeps no other out
		dial(t, relay, answer.Door)
	}
	known := sdkpeer.NewChatter(t, dial(t, relay, answer.Door))
	known.Say("enter", answer.Token)
	known.Say("name", "Bob")
	known.GiveFile("from-eve.txt", []byte("I am Bob"))
	cid.WaitFor("who sent it", `[...document.querySelectorAll("#log .transfer")].some((e) => e.querySelector(".from bdi").textContent === "Eve" && e.textContent.includes("from-eve.txt"))`)
	again := dial(t, relay, answer.Door)
	sdkpeer.MustSend(t, again, sdk.Message{Type: "enter", Data: []byte(`"` + answer.Token + `"`)})
	_, err = again.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone, "a token counts once")

	// A person who is asked for and is not there, or has no door.
	eve.Say("knock", map[string]string{"to": "not-here"})
	require.JSONEq(t, `{"from":"not-here"}`, string(eve.Await("answer")))

	// What goes on between two guests needs no host. Bob's part of the connection stays in Bob's row.
	film := filepath.Join(t.TempDir(), "film.mp4")
	require.NoError(t, os.WriteFile(film, nil, 0o600))
	require.NoError(t, os.Truncate(film, 100<<20))
	bob.SendFileTo("Cid", film)
	cid.WaitFor("some of the film", `[...document.querySelectorAll("#log progress")].some((e) => e.value > 0.02 && e.value < 1)`)
	host.Reload()
	host.WaitText("#people .name", "Bob")
	host.WaitText("#people .name", "Cid")
	for _, p := range []*chromium.Tab{bob, cid} {
		p.WaitText("#room-state", "You are in")
	}
	host.EndRoom()
	for _, p := range []*chromium.Tab{bob, cid} {
		p.WaitText("#notice", "The host has left")
	}
	cid.WaitFor("the film", `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes("film.mp4") && e.textContent.includes("Received and checked."))`)
	bob.WaitFor("the film sent", `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes("film.mp4") && e.textContent.includes("Sent and checked."))`)
	log := chromium.Eval[string](cid, `document.getElementById("log").innerText`)
	require.NotContains(t, log, "Bob left")
	require.Equal(t, 1, strings.Count(log, "Bob joined")+strings.Count(log, "Also here: Bob"), log)
}
