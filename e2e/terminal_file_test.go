package e2e_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// writeNoise puts 5 MB of noise into a file.
func writeNoise(t *testing.T, path string) []byte {
	t.Helper()
	content := make([]byte, 5_000_000)
	_, _ = rand.NewChaCha8([32]byte{5}).Read(content)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return content
}

func TestATerminalSendsAFileToTheOneThatDials(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	content := writeNoise(t, path)

	sender := startTerminal(t, "send", path, "--relay", relay.HTTP)
	receiver := startTerminal(t, "receive", sender.Shows("link:"))
	require.Empty(t, receiver.Shows("noise.bin"))
	require.Zero(t, receiver.Exits(), receiver.Stderr())
	require.Zero(t, sender.Exits(), sender.Stderr())
	require.Contains(t, sender.Stderr(), "The other side has noise.bin (5.0 MB).")

	arrived, err := os.ReadFile(filepath.Join(receiver.cmd.Dir, "noise.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, arrived))
}

func TestATerminalReceivesAFileFromTheOneThatDials(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	content := writeNoise(t, path)

	receiver := startTerminal(t, "receive", "--into", "there", "--relay", relay.HTTP)
	sender := startTerminal(t, "send", path, receiver.Shows("link:"))
	receiver.Shows("there/noise.bin")
	require.Zero(t, receiver.Exits(), receiver.Stderr())
	require.Zero(t, sender.Exits(), sender.Stderr())

	arrived, err := os.ReadFile(filepath.Join(receiver.cmd.Dir, "there", "noise.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, arrived))
}

func TestASenderWhoseReceiverLeavesFails(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	writeNoise(t, path)

	sender := startTerminal(t, "send", path, "--relay", relay.HTTP)
	stranger := relay.raw(strings.TrimPrefix(sender.Shows("client:"), relay.WS))
	require.NoError(t, stranger.conn.Close())
	require.Equal(t, 1, sender.Exits())
	require.Contains(t, sender.Stderr(), "intercessor: the other side left")
}

// A sender that leaves when all was sent and before it was taken does not know whether it
// is taken, which it still can be.
func TestATerminalThatLeavesDoesNotSayThatItsFileWasNotTaken(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	path := filepath.Join(t.TempDir(), "empty.txt")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	ada := startTerminal(t, "listen", "--relay", relay.HTTP, "--name", "Ada")
	bob := startTerminal(t, "dial", ada.Shows("link:"), "--name", "Bob")
	bob.Shows("* in the room: Ada") // it knows the host's name
	ada.Shows("* Bob joined")
	bob.Types("/send " + path)
	ada.Shows("* Bob offers empty.txt")
	bob.Interrupt()
	require.Equal(t, "took empty.txt: this side left before the transfer was over", bob.Shows("* it is not known whether Ada"))
	require.Equal(t, 1, bob.Exits())
	require.Contains(t, bob.Stderr(), "intercessor: one file has no receipt\n")
	ada.Types("/take 1")
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(ada.cmd.Dir, "received", "empty.txt"))
		return err == nil
	}, patience, 10*time.Millisecond)
}
