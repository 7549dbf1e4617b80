package browser_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// ofTile is JavaScript: what the call shows of a person, or of its screen.
const ofTile = `const tile = (name) => [...document.querySelectorAll("#tiles > .tile")].find((e) => e.querySelector("bdi").textContent === name);
	const video = (name) => tile(name)?.querySelector("video");
	globalThis.frames = (name) => video(name)?.checkVisibility() ? video(name).getVideoPlaybackQuality().totalVideoFrames : 0;
	globalThis.sound = (name) => tile(name)?.querySelector("audio").currentTime ?? 0;
	globalThis.mutes = (name) => !tile(name).querySelector(".muted").hidden`

// seesAndHears waits until a page decodes more pictures of a tile, and plays more of its sound.
func seesAndHears(p *chromium.Tab, name string, hears bool) {
	p.T.Helper()
	before := chromium.Eval[int](p, `frames(a)`, name)
	p.WaitFor("pictures of "+name, `frames(a) > b + 1`, name, before)
	if hears {
		p.WaitFor("the sound of "+name, `sound(a) > 0`, name)
	}
}

// TestCallOfThree: three people call each other, mute, show a screen, come late, leave and come back.
func TestCallOfThree(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada, bob, cid := browser.Blank(), browser.Blank(), browser.Blank()
	cid.SetViewport(390, 844, "dark")
	ada.Navigate(relay.HTTP + "/")
	link := ada.Host("Ada")
	for name, p := range map[string]*chromium.Tab{"Bob": bob, "Cid": cid} {
		p.Navigate(link)
		p.Do(ofTile)
		p.WaitText("#room-state", "You are in")
		p.Rename(name)
		ada.WaitText("#people .name", name)
	}
	ada.Do(ofTile)

	ada.Click("#call-join")
	ada.Click("#call-camera")
	bob.WaitText("#call-join", "Join call (1)")
	bob.Click("#call-join")
	seesAndHears(bob, "Ada", true)
	bob.Click("#call-camera")
	seesAndHears(ada, "Bob", true)
	cid.Click("#call-join") // comes late
	for _, name := range []string{"Ada", "Bob"} {
		seesAndHears(cid, name, true)
	}
	cid.Click("#call-camera")
	seesAndHears(ada, "Cid", true)
	seesAndHears(bob, "Cid", true)

	bob.Click("#call-microphone")
	for _, p := range []*chromium.Tab{ada, cid} {
		p.WaitFor("that Bob is muted", `mutes("Bob")`)
	}
	bob.Click("#call-microphone")
	ada.WaitFor("Bob again", `!mutes("Bob")`)
	bob.Click("#call-screen")
	for _, p := range []*chromium.Tab{ada, cid} {
		seesAndHears(p, "Screen of Bob", false)
		seesAndHears(p, "Bob", false)
	}
	ada.Click("#call-devices summary")
	ada.WaitFor("the devices", `document.getElementById("call-microphone-choice").options.length > 2`)
	ada.Accessible("call")
	cid.Accessible("call-telephone")
	require.Empty(t, cid.Clipped())
	ada.Click("#call-devices summary")
	ada.Do(`const field = document.getElementById("call-camera-choice");
		field.selectedIndex = field.options.length - 1; field.dispatchEvent(new Event("change"))`)
	ada.WaitFor("the chosen camera", `document.querySelector(".own video").srcObject.getTracks()[0].getSettings().deviceId === document.getElementById("call-camera-choice").value`)
	seesAndHears(bob, "Ada", true)
	bob.Click("#call-screen")
	cid.WaitFor("the end of the screen", `!document.querySelector("[data-screen=true]")`)
	bob.Click("#call-camera")
	cid.WaitFor("the end of the picture", `frames("Bob") === 0`)

	// A reload of the host does not end the call of the others. The host can come back.
	ada.Reload()
	ada.Do(ofTile)
	cid.WaitFor("the host's departure", `document.querySelectorAll("#tiles > .tile").length === 2`)
	bob.Click("#call-camera")
	seesAndHears(cid, "Bob", true)
	ada.WaitText("#call-join", "Join call (2)")
	ada.Click("#call-join")
	seesAndHears(ada, "Cid", true)
	bob.WaitFor("the sound of Ada", `sound("Ada") > 0`)

	// The devices are freed, and the call fills up.
	cid.Do(`globalThis.tracks = [...document.querySelector(".own video").srcObject.getTracks()]`)
	cid.Click("#call-leave")
	cid.WaitFor("the devices' end", `tracks.length === 1 && tracks[0].readyState === "ended"`)
	for _, p := range []*chromium.Tab{ada, bob} {
		p.WaitFor("that Cid left", `document.querySelectorAll("#tiles > .tile").length === 2`)
	}
	_, id, _ := strings.Cut(link, "#")
	sdkpeer.NewChatter(t, dial(t, relay, id)).Say("call", true) // without a name it is not in the list
	for range 4 {
		native := sdkpeer.NewChatter(t, dial(t, relay, id))
		native.Say("name", "Robot")
		native.Say("call", true)
	}
	cid.WaitText("#call-join", "Join call (6)")
	cid.Click("#call-join")
	cid.WaitText("#call-problem", "The call is full: at most 6 people take part.")
	require.True(t, chromium.Eval[bool](cid, `document.getElementById("call").hidden`))
}

// TestALateAnswerOfTheHostMakesNoGhost: a page that the host lists in the call, and that does not wait for it any more, says
// that it is not there.
func TestALateAnswerOfTheHostMakesNoGhost(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	chromium.Start(t).Open(relay.HTTP + "/#" + ln.ID())
	conn, err := ln.Accept(patience.Context(t))
	require.NoError(t, err)
	host := sdkpeer.NewChatter(t, conn)
	require.JSONEq(t, `false`, string(host.Await("call")), "what a page says that has joined")
	host.Say("people", []map[string]any{{"id": "host", "name": "Ada"}, {"id": "guest", "name": "Bob", "you": true, "call": true}})
	require.JSONEq(t, `false`, string(host.Await("call")))
}

// TestCallWithoutDevices: who has no devices, or does not permit them, is told so and can listen.
func TestCallWithoutDevices(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	ada.Click("#call-join")
	ada.Click("#call-camera")
	for code, want := range map[string]string{
		`new DOMException("", "NotAllowedError")`:  "The browser was not permitted to use the microphone. Allow it for this page in the browser's settings. You can listen and watch.",
		`new DOMException("", "NotFoundError")`:    "The browser finds no microphone. You can listen and watch.",
		`new DOMException("", "NotReadableError")`: "The microphone cannot be used. Another program may be using it. You can listen and watch.",
		``: "The browser opens the microphone only on a page with https, or on localhost. You can listen and watch.",
	} {
		bob := browser.Blank()
		if code == "" {
			bob.Prelude(`Object.defineProperty(navigator, "mediaDevices", { value: undefined })`)
		} else {
			bob.Prelude(`navigator.mediaDevices.getUserMedia = async () => { throw ` + code + ` }`)
		}
		bob.Navigate(link)
		bob.Do(ofTile)
		bob.WaitText("#call-join", "Join call")
		bob.Click("#call-join")
		bob.WaitText("#call-problem", want)
		seesAndHears(bob, "Ada", true)
		bob.Click("#call-leave")
		bob.Click("#leave")
	}
}
