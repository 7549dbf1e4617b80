package terminal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// A relay that has just been started again waits for hosts to come back. Who joins a room
// in that time is told what is waited for, can give up, and hears in the end that the host
// is not there.
func TestJoiningSaysThatItWaitsForTheHost(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	relay.Blip()
	browser := chromium.Start(t)

	link := relay.HTTP + "/#gone-for-good"
	bob := termproc.Start(t, "dial", link)
	require.Eventually(t, func() bool { return strings.Contains(bob.Stderr(), "Waiting for the host.\n") }, patience.Max, 10*time.Millisecond)

	ada := browser.Open(link, chromium.LostRelay...)
	ada.WaitText("#notice", "Waiting for the host…")
	ada.Click("#again")
	ada.WaitText("h1", "Two peers, introduced.")
	require.False(t, chromium.Eval[bool](ada, `document.getElementById("notice").checkVisibility()`))
	require.Equal(t, relay.HTTP+"/", chromium.Eval[string](ada, `location.href`))

	ada.Do(`location.hash = "gone-for-good"`)
	ada.WaitText("#notice", "The host of this room is not here. Ask for a new link, or try again.")
	ada.WaitText("#again", "Try again")
	ada.Click("#again")
	ada.WaitText("#room-state", "Joining…")

	require.Equal(t, 4, bob.Exit())
	require.Equal(t, "Waiting for the host.\nintercessor: the host of this room is not here\nintercessor: hint: ask for a new link, or try again\n", bob.Stderr())
}
