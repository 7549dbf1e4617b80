package network_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/e2e/relayproc"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(peerVariable); url != "" {
		fmt.Fprintln(os.Stderr, runPeer(url))
		os.Exit(1)
	}
	if os.Getuid() != 0 {
		os.Exit(runAsRoot())
	}
	os.Exit(relayproc.Main(m))
}

// runAsRoot runs the tests again as root of a user namespace. They begin in a network namespace
// that belongs to it, because a thread could not return to the first one; so what they build
// must be in Go's cache of modules.
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
