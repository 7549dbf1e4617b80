package terminal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// A host that is alone hears that its relay is away, and that it is back, each once. So does
// one that waits to send a file.
func TestATerminalAloneHearsThatItsRelayIsAway(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := termproc.Start(t, "listen", "--relay", relay.WS+"/server", "--name", "Ada")
	link := ada.Expect("link:")
	ada.Expect("* the room is open")
	eve := termproc.Start(t, "receive", "--yes", "--relay", relay.WS+"/server", "--name", "Eve")
	eve.Expect("link:")

	relay.Restart(func() {
		require.Equal(t, "the relay is away: trying again", ada.Expect("* "))
		require.Eventually(t, func() bool { return strings.Contains(eve.Stderr(), "The relay is away: trying again.\n") }, patience.Max, 10*time.Millisecond)
	})
	require.Equal(t, "the relay is back", ada.Expect("* "))
	require.Eventually(t, func() bool { return strings.Contains(eve.Stderr(), "The relay is back.\n") }, patience.Max, 10*time.Millisecond)

	bob := termproc.Start(t, "dial", link, "--name", "Bob")
	bob.Expect("* you are in")
	require.Equal(t, "Bob joined", ada.Expect("* "))
}
