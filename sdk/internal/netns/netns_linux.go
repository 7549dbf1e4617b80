// Package netns runs tests in network namespaces of their own.
package netns

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// variable is set for a copy of the test program that runs in a namespace.
const variable = "INTERCESSOR_TEST_ISOLATED"

// Isolated reports whether the test runs in its own network namespace. If not, it runs the
// test again in one and takes over the result. If user namespaces are allowed, it does not
// need root.
func Isolated(t *testing.T) bool {
	t.Helper()
	if os.Getenv(variable) != "" {
		Run(t, "ip link set lo up")
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), variable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err, "in a network namespace")
	return false
}

// Run runs a shell command.
func Run(t *testing.T, command string) {
	t.Helper()
	out, err := exec.CommandContext(context.Background(), "sh", "-ec", command).CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, out)
}
