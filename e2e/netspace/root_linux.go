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
		return runAsRoot()
	}
	return relayproc.Main(m)
}

// runAsRoot begins in a network namespace that belongs to the user namespace, because a thread
// could not return to the first one; so what the tests build must be in Go's cache of modules.
func runAsRoot() (code int) {
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	err := cmd.Run()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		fmt.Fprintln(os.Stderr, "these tests need root, or user namespaces:", err)
		return 1
	}
	return cmd.ProcessState.ExitCode()
}
