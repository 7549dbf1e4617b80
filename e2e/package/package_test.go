// Package package_test looks at what is shipped: the container image, run under chroot, the
// archives of a release, and the files of deploy. ci/package.sh makes these first, and
// installs what the tests need; without it they fail, and no other script runs them.
package package_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	patience = 2 * time.Minute
	root     = "../.."
	version  = "v0.0.0-test" // that ci/package.sh makes
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err, "ci/package.sh makes what is tested here")
	return string(text)
}

// run gives the exit code of a command and what it says.
func run(t *testing.T, cmd *exec.Cmd) (code int, says string) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start(), "ci/package.sh installs what is needed, and wants to be root")
	cut := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer cut.Stop()
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String()
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}
