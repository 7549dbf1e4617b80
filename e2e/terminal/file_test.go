package terminal_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/termproc"
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
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	content := writeNoise(t, path)

	sender := termproc.Start(t, "send", path, "--relay", relay.HTTP)
	receiver := termproc.Start(t, "receive", "--yes", sender.Expect("link:"))
	require.Empty(t, receiver.Expect("noise.bin"))
	require.Zero(t, receiver.Exit(), receiver.Stderr())
	require.Zero(t, sender.Exit(), sender.Stderr())
	require.Contains(t, sender.Stderr(), "The other side has noise.bin (5.0 MB).")

	arrived, err := os.ReadFile(filepath.Join(receiver.Cmd.Dir, "noise.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, arrived))
}

func TestATerminalReceivesAFileFromTheOneThatDials(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	content := writeNoise(t, path)

	receiver := termproc.Start(t, "receive", "--yes", "--into", "there", "--relay", relay.HTTP)
	sender := termproc.Start(t, "send", path, receiver.Expect("link:"))
	receiver.Expect("there/noise.bin")
	require.Zero(t, receiver.Exit(), receiver.Stderr())
	require.Zero(t, sender.Exit(), sender.Stderr())

	arrived, err := os.ReadFile(filepath.Join(receiver.Cmd.Dir, "there", "noise.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, arrived))
}

func TestASenderWhoseReceiverLeavesFails(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	writeNoise(t, path)

	sender := termproc.Start(t, "send", path, "--once", "--relay", relay.HTTP)
	stranger := sdkpeer.Dial(t, sender.Expect("client:"))
	_, err := stranger.AcceptStream(patience.Context(t))
	require.NoError(t, err)
	require.NoError(t, stranger.Close())
	require.Equal(t, 1, sender.Exit())
	require.Contains(t, sender.Stderr(), "intercessor: the other side left")
}

// A peer without byte streams is too old for files.
func TestASenderSaysThatItsReceiverIsTooOld(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	writeNoise(t, path)

	sender := termproc.Start(t, "send", path, "--relay", relay.HTTP)
	rawpeer.Join(t, relay.Addr, strings.TrimPrefix(sender.Expect("client:"), relay.WS))
	require.Equal(t, 1, sender.Exit())
	require.Contains(t, sender.Stderr(), "intercessor: the other side, or the relay, is too old to exchange files and bytes with this program\n")
}

// A sender that leaves while the other person is asked withdraws its file.
func TestATerminalThatLeavesWithdrawsItsFile(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "empty.txt")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	ada := termproc.Start(t, "listen", "--relay", relay.HTTP, "--name", "Ada")
	bob := termproc.Start(t, "dial", ada.Expect("link:"), "--name", "Bob")
	bob.Expect("* in the room: Ada") // it knows the host's name
	ada.Expect("* Bob joined")
	bob.Type("/send " + path)
	ada.Expect("* Bob offers empty.txt")
	bob.Interrupt()
	require.Equal(t, "empty.txt: this side left before the transfer was over", bob.Expect("* Ada did not get"))
	require.Equal(t, 1, bob.Exit())
	require.Contains(t, bob.Stderr(), "intercessor: one file has no receipt\n")
	ada.Expect("* empty.txt from Bob is withdrawn: the other side left or gave up")
	ada.Type("/take 1")
	ada.Expect("* no file 1 waits for an answer")
	require.NoDirExists(t, filepath.Join(ada.Cmd.Dir, "received"))
}
