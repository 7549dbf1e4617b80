package terminal_test

import (
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// largeFile is how many bytes a large file has. It is less in the short form, which costs a
// fraction of the CPU time.
var largeFile = int64(30_000_000)

func init() {
	if form.Full {
		largeFile = 100_000_000
	}
}

// writeLarge puts so many bytes of noise into a file, and returns their hash.
func writeLarge(t *testing.T, path string, size int64) []byte {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(rand.NewChaCha8([32]byte{6}), size))
	require.NoError(t, err)
	return sum.Sum(nil)
}

func hashOf(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	require.NoError(t, err)
	return sum.Sum(nil)
}

// partIn returns the size of the part in a folder, 0 if there is none.
func partIn(t *testing.T, folder string) int64 {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(folder, ".intercessor-*.part"))
	require.NoError(t, err)
	if len(parts) == 0 {
		return 0
	}
	info, err := os.Stat(parts[0])
	if err != nil {
		return 0
	}
	return info.Size()
}

// grown waits until the part in a folder has so many bytes.
func grown(t *testing.T, folder string, size int64) {
	t.Helper()
	require.Eventually(t, func() bool { return partIn(t, folder) >= size }, patience.Max, time.Millisecond)
}

// A large file arrives on each path with its hash and its time, while the relay is killed and
// started again twice. Both sides say which path it takes.
func TestALargeFileOutlivesTheRelay(t *testing.T) {
	t.Parallel()
	for path, way := range map[string]string{"relay": "goes over the relay", "direct": "goes direct", "auto": "(now )?goes direct"} {
		t.Run(path, func(t *testing.T) {
			relay := relayproc.Start(t)
			name := filepath.Join(t.TempDir(), "large.bin")
			want := writeLarge(t, name, largeFile)
			modified := time.UnixMilli(1_700_000_000_123)
			require.NoError(t, os.Chtimes(name, modified, modified))

			sender := termproc.Start(t, "send", name, "--relay", relay.HTTP, "--path", path)
			began := time.Now()
			receiver := termproc.Start(t, "receive", "--yes", sender.Expect("link:"), "--path", path)
			for _, some := range []int64{largeFile / 4, largeFile / 2} {
				grown(t, receiver.Cmd.Dir, some)
				relay.Blip()
			}
			receiver.Expect("large.bin")
			require.Zero(t, receiver.Exit(), receiver.Stderr())
			require.Zero(t, sender.Exit(), sender.Stderr())
			t.Logf("%v", time.Since(began))
			arrived := filepath.Join(receiver.Cmd.Dir, "large.bin")
			require.Equal(t, want, hashOf(t, arrived))
			info, err := os.Stat(arrived)
			require.NoError(t, err)
			require.Equal(t, modified, info.ModTime())
			for _, p := range []*termproc.Peer{sender, receiver} {
				require.Regexp(t, "large.bin "+way+"\\.\n", p.Stderr())
			}
			if path != "auto" {
				require.NotContains(t, sender.Stderr(), "now goes", "it never changes")
			}
		})
	}
}

// A receiver is killed in the middle. The next one goes on from what is there, unless that was
// changed.
func TestAFileGoesOnAfterItsReceiverWasKilled(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]bool{"from what is there": false, "from the beginning": true} {
		t.Run(name, func(t *testing.T) {
			relay := relayproc.Start(t)
			path := filepath.Join(t.TempDir(), "large.bin")
			want := writeLarge(t, path, largeFile)
			inbox := t.TempDir()

			sender := termproc.Start(t, "send", path, "--relay", relay.HTTP)
			receiver := termproc.Start(t, "receive", "--yes", sender.Expect("link:"), "--into", inbox)
			grown(t, inbox, largeFile/3)
			require.NoError(t, receiver.Cmd.Process.Kill())
			receiver.Exit()
			require.NoError(t, sender.Cmd.Process.Kill())
			sender.Exit()
			require.GreaterOrEqual(t, partIn(t, inbox), largeFile/3)
			if changed {
				parts, err := filepath.Glob(filepath.Join(inbox, ".intercessor-*.part"))
				require.NoError(t, err)
				require.Len(t, parts, 1)
				part, err := os.OpenFile(parts[0], os.O_WRONLY, 0)
				require.NoError(t, err)
				_, err = part.WriteAt([]byte("changed"), largeFile/4)
				require.NoError(t, err)
				require.NoError(t, part.Close())
			}

			receiver = termproc.Start(t, "receive", "--yes", "--relay", relay.HTTP, "--into", inbox)
			sender = termproc.Start(t, "send", path, receiver.Expect("link:"))
			receiver.Expect(filepath.Join(inbox, "large.bin"))
			require.Zero(t, receiver.Exit(), receiver.Stderr())
			require.Zero(t, sender.Exit(), sender.Stderr())
			require.Equal(t, want, hashOf(t, filepath.Join(inbox, "large.bin")))
			require.Zero(t, partIn(t, inbox), "nothing is left")
			for _, p := range []*termproc.Peer{sender, receiver} {
				if changed {
					require.NotContains(t, p.Stderr(), "large.bin goes on at")
				} else {
					require.Contains(t, p.Stderr(), "large.bin goes on at")
				}
			}
		})
	}
}

// A sender that is killed in the middle leaves a chat's receiver with a part, and the same
// offer in the same chat goes on from there.
func TestAFileGoesOnInAChatAfterItsSenderWasKilled(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "large.bin")
	want := writeLarge(t, path, largeFile)
	inbox := t.TempDir()
	ada := termproc.Start(t, "listen", "--relay", relay.HTTP, "--name", "Ada", "--into", inbox)
	link := ada.Expect("link:")

	first := termproc.Start(t, "send", path, link, "--name", "Bob")
	ada.Expect("* large.bin goes over the relay")
	grown(t, inbox, largeFile/3)
	require.NoError(t, first.Cmd.Process.Signal(os.Interrupt))
	require.Equal(t, 130, first.Exit())
	ada.Expect("* large.bin from Bob: only ")

	second := termproc.Start(t, "send", path, link, "--name", "Bob")
	ada.Expect("* large.bin goes on at")
	ada.Expect("* " + filepath.Join(inbox, "large.bin") + " is there")
	require.Zero(t, second.Exit(), second.Stderr())
	require.Equal(t, want, hashOf(t, filepath.Join(inbox, "large.bin")))
	require.Zero(t, partIn(t, inbox))
}

// A file that changes while it is sent is not said to have arrived.
func TestAFileThatChangesUnderWayDoesNotArrive(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "log")
	writeLarge(t, path, largeFile)
	sender := termproc.Start(t, "send", path, "--relay", relay.HTTP)
	receiver := termproc.Start(t, "receive", "--yes", sender.Expect("link:"))
	grown(t, receiver.Cmd.Dir, largeFile/10)
	log, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	_, err = log.WriteString("one more line\n")
	require.NoError(t, err)
	require.NoError(t, log.Close())
	require.Equal(t, 1, sender.Exit())
	require.Contains(t, sender.Stderr(), "intercessor: the file changed while it was being sent; send a copy of it\n")
	require.Equal(t, 1, receiver.Exit())
	require.NoFileExists(t, filepath.Join(receiver.Cmd.Dir, "log"))
}
