package netspace

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/e2e/relayproc"
)

// Main is relayproc.Main for tests that make namespaces. If they do not run as root, it runs
// them again as root of a user namespace.
func Main(m *testing.M) int {
	if os.Getuid() != 0 {
		return runAgain()
	}
	return relayproc.Main(m)
}

// MainApart is Main for tests whose process is in a network namespace of its own, so that it may
// be the middle of a network of Spaces.
func MainApart(m *testing.M) int {
	const apart = "NETSPACE_APART"
	if os.Getenv(apart) == "" {
		_ = os.Setenv(apart, "yes")
		return runAgain()
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "these tests need the program ip: %v\n%s", err, out)
		return 1
	}
	return relayproc.Main(m)
}

// runAgain runs the tests in a new network namespace, and as root of a user namespace if they do
// not run as root. The network namespace then belongs to the user namespace: a thread could not
// return to the first one. What the tests build must be in Go's cache of modules.
func runAgain() (code int) {
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	err := cmd.Run()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		fmt.Fprintln(os.Stderr, "these tests need root, or user namespaces:", err)
		return 1
	}
	return cmd.ProcessState.ExitCode()
}
