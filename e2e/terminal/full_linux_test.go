package terminal_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// A disk that fills up is said to both sides. What came is kept, and the transfer goes on once
// there is space.
func TestADiskThatFillsUpIsSaid(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	writeNoise(t, path)
	inbox := t.TempDir()
	require.NoError(t, syscall.Mount("tmpfs", inbox, "tmpfs", 0, "size=3m"), "tests of the terminal tool run as root")
	t.Cleanup(func() { _ = syscall.Unmount(inbox, syscall.MNT_DETACH) })

	sender := termproc.Start(t, "send", path, "--relay", relay.HTTP)
	receiver := termproc.Start(t, "receive", "--yes", "--into", inbox, sender.Expect("link:"))
	require.Equal(t, 1, receiver.Exit())
	require.Contains(t, receiver.Stderr(), "intercessor: the disk is full; what came is kept for a week: free some space and receive it again (write ")
	require.Equal(t, 3, sender.Exit())
	require.Contains(t, sender.Stderr(), "intercessor: it was refused: the disk of the other side is full\n")
	require.Positive(t, partIn(t, inbox))

	require.NoError(t, syscall.Mount("tmpfs", inbox, "tmpfs", syscall.MS_REMOUNT, "size=8m"))
	sender = termproc.Start(t, "send", path, "--relay", relay.HTTP)
	receiver = termproc.Start(t, "receive", "--yes", "--into", inbox, sender.Expect("link:"))
	require.Zero(t, receiver.Exit(), receiver.Stderr())
	require.Zero(t, sender.Exit(), sender.Stderr())
	require.True(t, strings.Contains(sender.Stderr(), "noise.bin goes on at"), sender.Stderr())
	entries, err := os.ReadDir(inbox)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}
