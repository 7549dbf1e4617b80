package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A host that is alone hears that its relay is away, and that it is back, each once. So does
// one that waits to send a file.
func TestATerminalAloneHearsThatItsRelayIsAway(t *testing.T) {
	t.Parallel()
	state, relayd := t.TempDir(), buildBinary(t, "./relayd")
	relay := startRelayBinary(t, relayd, "--state-dir", state)
	address := strings.TrimPrefix(relay.HTTP, "http://")
	ada := startTerminal(t, "listen", "--relay", relay.WS+"/server", "--name", "Ada")
	link := ada.Shows("link:")
	ada.Shows("* the room is open")
	eve := startTerminal(t, "receive", "--relay", relay.WS+"/server", "--name", "Eve")
	eve.Shows("link:")

	relay.Kill()
	require.Equal(t, "the relay is away: trying again", ada.Shows("* "))
	require.Eventually(t, func() bool { return strings.Contains(eve.Stderr(), "The relay is away: trying again.\n") }, patience, 10*time.Millisecond)
	startRelayBinary(t, relayd, "--listen", address, "--state-dir", state)
	require.Equal(t, "the relay is back", ada.Shows("* "))
	require.Eventually(t, func() bool { return strings.Contains(eve.Stderr(), "The relay is back.\n") }, patience, 10*time.Millisecond)

	bob := startTerminal(t, "dial", link, "--name", "Bob")
	bob.Shows("* you are in")
	require.Equal(t, "Bob joined", ada.Shows("* "))
}
