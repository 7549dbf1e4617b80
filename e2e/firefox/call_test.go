package firefox_test

import (
	"testing"

	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/tab"
)

// ofTile is JavaScript: what the call shows of a person. Firefox does not count a video's frames.
const ofTile = `globalThis.tile = (name) => [...document.querySelectorAll("#tiles > .tile")].find((e) => e.querySelector("bdi").textContent === name);
	globalThis.picture = (name) => [...(tile(name)?.querySelectorAll("video") ?? [])].find((e) => e.checkVisibility());
	globalThis.sees = (video, frames) => new Promise((resolve) => {
		const next = () => frames-- > 0 ? video.requestVideoFrameCallback(next) : resolve();
		next();
	});`

func seesAndHears(p *tab.Tab, name string) {
	p.T.Helper()
	p.WaitFor("the picture of "+name, `picture(a)`, name)
	p.Do(`await sees(picture(a), 5)`, name)
	p.WaitFor("the sound of "+name, `tile(a).querySelector("audio").currentTime > 0`, name)
}

// call has two people see and hear each other.
func call(t *testing.T, relay *relayproc.Relay, ada, bob *tab.Tab) {
	ada.Navigate(relay.HTTP + "/")
	bob.Navigate(ada.Host("Ada"))
	bob.WaitText("#room-state", "You are in")
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	ada.Do(ofTile)
	bob.Do(ofTile)
	ada.Click("#call-join")
	ada.Click("#call-camera")
	bob.WaitText("#call-join", "Join call (1)")
	bob.Click("#call-join")
	seesAndHears(bob, "Ada")
	bob.Click("#call-camera")
	seesAndHears(ada, "Bob")

	bob.Click("#call-microphone")
	ada.WaitFor("that Bob is muted", `!tile("Bob").querySelector(".muted").hidden`)
	bob.Click("#call-microphone")
	ada.WaitFor("Bob again", `tile("Bob").querySelector(".muted").hidden`)
	ada.Shot("firefox-call-" + t.Name()[len("TestFirefox/call/"):])
	bob.Click("#call-camera")
	ada.WaitFor("the end of the picture", `!picture("Bob")`)
	bob.Click("#call-leave")
	ada.WaitFor("that Bob left", `document.querySelectorAll("#tiles > .tile").length === 1`)
}
