package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestTheRoomPassesToAGuest: a host that leaves asks a guest to go on. A guest that declines changes nothing. After one
// that accepts, the link, what was said, and the people stay.
func TestTheRoomPassesToAGuest(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	bob := browser.Open(link)
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	cid := browser.Open(link)
	cid.Rename("Cid")
	bob.WaitText("#people .name", "Cid")
	ada.Say("one")
	bob.WaitText("#log .text", "one")
	cid.Say("two")
	bob.WaitText("#log .text", "two")
	for _, p := range []*chromium.Tab{bob, cid} {
		p.Click("#call-join")
		p.WaitFor("the call", `!document.getElementById("call").hidden`)
	}

	// Cid accepts all files of Ada and has one for her. Neither is for the next host.
	ada.Hesitate()
	cid.Hesitate()
	for _, button := range []string{"accept", "always"} {
		path, _ := newFile(t, button+".bin", 10)
		ada.SendFileTo("Cid", path)
		press(cid, button, button)
		outcome(cid, button, "Received and checked.")
	}
	secret, _ := newFile(t, "secret.bin", 10)
	cid.SendFileTo("Ada", secret)
	outcome(ada, "secret", "Do you want it?")

	leave := func() {
		t.Helper()
		ada.AnswerDialog(true, `document.getElementById("leave").click()`) // the file is lost
	}
	leave()
	ada.WaitText("#handover", "The next host")
	ada.Accessible("handover")
	require.Equal(t, "Bob Cid", chromium.Eval[string](ada, `[...document.getElementById("heir").options].map((e) => e.text).join(" ")`))
	bob.Minimize()
	ada.Click("#handover-pass")
	bob.WaitFor("the question", `document.title === "(1) Intercessor"`)
	bob.Restore()
	bob.WaitText("#inherit-what", "Ada is leaving.")
	bob.Accessible("inherit")
	require.Equal(t, "inherit-title", chromium.Eval[string](bob, `document.activeElement.id`), "an Enter would answer")
	ada.Click("#handover-cancel")
	bob.WaitFor("the end of the question", `!document.getElementById("inherit").open`)
	leave()
	ada.Click("#handover-pass")
	bob.Click("#inherit-no")
	ada.WaitText("#handover-problem", "Bob did not accept.")
	cid.Say("three")
	bob.WaitText("#log .text", "three")

	ada.Click("#handover-pass")
	bob.Click("#inherit-yes")
	ada.WaitText("#notice", "You have left. Bob is the host now.")
	require.Contains(t, chromium.Eval[string](ada, `document.getElementById("log").innerText`), "three", "what was said stays in view")
	require.True(t, chromium.Eval[bool](ada, `document.getElementById("compose").inert`))
	bob.WaitText("#room-state", "Your room is open")
	require.Equal(t, link, chromium.Eval[string](bob, `location.href`))
	cid.WaitText("#log .note", "Bob is the host now.")
	cid.WaitText("#room-state", "You are in")
	cid.WaitText("#people .role", "host")
	people := `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join()`
	cid.WaitFor("the host alone", people+` === "Bob"`)
	bob.WaitFor("the guest alone", people+` === "Cid"`)
	require.Zero(t, chromium.Eval[int](bob, `document.querySelectorAll("#log .transfer").length`), "a file for the last host")
	outcome(cid, "secret", "The other side has left.")
	next, _ := newFile(t, "next.bin", 10)
	bob.SendFileTo("Cid", next)
	outcome(cid, "next", "Do you want it?")
	press(cid, "next", "decline")
	outcome(bob, "next", "declined")
	bob.Say("four")
	cid.WaitText("#log .text", "four")
	cid.Say("five")
	bob.WaitText("#log .text", "five")
	for _, p := range []*chromium.Tab{bob, cid} {
		p.WaitFor("the call goes on", `document.querySelectorAll("#tiles audio").length === 2 && [...document.querySelectorAll("#tiles .tile:not(.own) audio")].every((e) => e.currentTime > 0)`)
	}
	texts := `[...document.querySelectorAll("#log .text")].map((e) => e.textContent).join()`
	for _, p := range []*chromium.Tab{bob, cid} {
		p.WaitFor("all that was said, once", texts+` === "one,two,three,four,five"`)
		require.NotContains(t, chromium.Eval[string](p, `[...document.querySelectorAll("#log .note")].map((e) => e.textContent).join()`), "left")
	}

	bob.Reload() // the room is this tab's now
	bob.WaitText("#room-state", "Your room is open")
	bob.WaitFor("what was said before", texts+` === "one,two,three,four,five"`)
	ada.Click("#again")
	ada.WaitText("#people .role", "host")
	ada.Say("six")
	bob.WaitText("#log .text", "six")
	bob.EndRoom()
	ada.WaitText("#notice", "The host has left")
}

// TestAGuestThatCannotBeTheHostIsNotOffered: without Web Locks a page cannot take the room's identity over.
func TestAGuestThatCannotBeTheHostIsNotOffered(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	bob := browser.Blank()
	bob.Prelude(`Object.defineProperty(navigator, "locks", { value: undefined })`)
	bob.Navigate(link)
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	cid := browser.Open(link)
	cid.Rename("Cid")
	ada.WaitText("#people .name", "Cid")
	ada.Click("#leave")
	ada.WaitText("#handover", "The next host")
	require.Equal(t, []string{"Cid"}, chromium.Eval[[]string](ada, `[...document.getElementById("heir").options].map((e) => e.text)`))
}
