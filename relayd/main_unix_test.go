//go:build unix

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHangupAtTheStart does not end relayd. The configuration is a pipe here, so that relayd
// stands where it reads it until the signal is there.
func TestHangupAtTheStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relayd.toml")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	d := launch(t, nil, "--config", path)
	say := func(first func()) {
		var pipe *os.File
		require.Eventually(t, func() bool {
			var err error
			pipe, err = os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0) // fails while relayd does not read
			return err == nil
		}, patience, time.Millisecond)
		first()
		_, err := pipe.WriteString("origins = []\n")
		require.NoError(t, err)
		require.NoError(t, pipe.Close())
	}
	say(func() { d.signal(syscall.SIGHUP) })
	d.logs("listening")
	say(func() {})
	d.logs("configuration reloaded")
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"version", "--version"} {
		out, err := exec.Command(relayd, arg).Output()
		require.NoError(t, err)
		require.Regexp(t, `^relayd \S.* go1\S+\n$`, string(out))
	}
}
