package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A relay that has just been started again waits for hosts to come back. Who joins a room
// in that time is told what is waited for, can give up, and hears in the end that the host
// is not there.
func TestJoiningSaysThatItWaitsForTheHost(t *testing.T) {
	t.Parallel()
	state, relayd := t.TempDir(), buildBinary(t, "./relayd")
	startRelayBinary(t, relayd, "--state-dir", state).Kill()
	relay := startRelayBinary(t, relayd, "--state-dir", state)
	browser := startBrowser(t)

	link := relay.HTTP + "/#gone-for-good"
	bob := startTerminal(t, "dial", link)
	require.Eventually(t, func() bool { return strings.Contains(bob.Stderr(), "Waiting for the host.\n") }, patience, 10*time.Millisecond)

	ada := browser.open(link, lostRelay...)
	ada.says("#notice", "Waiting for the host…")
	ada.click("#again")
	ada.says("h1", "Two peers, introduced.")
	require.False(t, eval[bool](ada, `document.getElementById("notice").checkVisibility()`))
	require.Equal(t, relay.HTTP+"/", eval[string](ada, `location.href`))

	ada.do(`location.hash = "gone-for-good"`)
	ada.says("#notice", "The host of this room is not here. Ask for a new link, or try again.")
	ada.says("#again", "Try again")
	ada.click("#again")
	ada.says("#room-state", "Joining…")

	require.Equal(t, 1, bob.Exits())
	require.Equal(t, "Waiting for the host.\nintercessor: the host of this room is not here\nintercessor: hint: ask for a new link, or try again\n", bob.Stderr())
}
