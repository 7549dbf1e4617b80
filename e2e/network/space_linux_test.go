package network_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// A space is a network namespace. It has no name: the kernel removes it when its last process
// has ended and its file is closed.
type space struct {
	t    testing.TB
	path string // of its file
	fd   int
}

func newSpace(t testing.TB) *space {
	t.Helper()
	s := &space{t: t}
	onThread(t, func() {
		require.NoError(t, unix.Unshare(unix.CLONE_NEWNET), "a network namespace needs CAP_SYS_ADMIN")
		file := openNamespace(t)
		t.Cleanup(func() { _ = file.Close() })
		s.fd = int(file.Fd())
		s.path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), s.fd)
	})
	s.run("ip link set lo up")
	return s
}

// onThread calls a function that moves its thread to another namespace, and moves the thread
// back. A thread that cannot be moved back ends with the test.
func onThread(t testing.TB, move func()) {
	t.Helper()
	runtime.LockOSThread()
	home := openNamespace(t)
	defer func() {
		require.NoError(t, unix.Setns(int(home.Fd()), unix.CLONE_NEWNET))
		_ = home.Close()
		runtime.UnlockOSThread()
	}()
	move()
}

// openNamespace opens the file of the thread's namespace.
func openNamespace(t testing.TB) *os.File {
	t.Helper()
	file, err := os.Open("/proc/thread-self/ns/net")
	require.NoError(t, err)
	return file
}

// do calls a function whose processes start in the namespace.
func (s *space) do(start func()) {
	s.t.Helper()
	onThread(s.t, func() {
		require.NoError(s.t, unix.Setns(s.fd, unix.CLONE_NEWNET))
		start()
	})
}

// run runs a shell command.
func (s *space) run(command string) {
	s.t.Helper()
	s.do(func() {
		out, err := exec.CommandContext(patience.Context(s.t), "sh", "-ec", command).CombinedOutput()
		require.NoError(s.t, err, "%s\n%s", command, out)
	})
}

// terminal starts a terminal peer.
func (s *space) terminal(args ...string) (p *termproc.Peer) {
	s.t.Helper()
	s.do(func() { p = termproc.Start(s.t, args...) })
	return p
}

// browser starts Chromium.
func (s *space) browser() *chromium.Browser {
	s.t.Helper()
	nsenter, err := exec.LookPath("nsenter")
	require.NoError(s.t, err)
	return chromium.Start(s.t, chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) { // a goroutine of chromedp starts it
		cmd.Path, cmd.Args = nsenter, append([]string{nsenter, "--net=" + s.path, cmd.Path}, cmd.Args[1:]...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	}))
}
