package netspace

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
)

// A Space is a network namespace. It has no name: the kernel removes it when its last process
// has ended and its file is closed.
type Space struct {
	T    testing.TB
	Path string // of its file

	// Hosts is the path of a file that the programs of Wrap see as /etc/hosts; "" if they see
	// the machine's.
	Hosts string

	fd int
}

// New makes a namespace that ends with the test. Only its loopback interface is up.
func New(t testing.TB) *Space {
	t.Helper()
	s := &Space{T: t}
	onThread(t, func() {
		require.NoError(t, unix.Unshare(unix.CLONE_NEWNET), "a network namespace needs CAP_SYS_ADMIN")
		file := openNamespace(t)
		t.Cleanup(func() { _ = file.Close() })
		s.fd = int(file.Fd())
		s.Path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), s.fd)
	})
	s.Run("ip link set lo up")
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

// Do calls a function whose sockets are made, and whose processes start, in the namespace.
func (s *Space) Do(start func()) {
	s.T.Helper()
	onThread(s.T, func() {
		require.NoError(s.T, unix.Setns(s.fd, unix.CLONE_NEWNET))
		start()
	})
}

// Run runs a shell command.
func (s *Space) Run(command string) {
	s.T.Helper()
	s.Do(func() {
		out, err := exec.CommandContext(patience.Context(s.T), "sh", "-ec", command).CombinedOutput()
		require.NoError(s.T, err, "%s\n%s", command, out)
	})
}

// Wrap has a command run in the namespace whichever goroutine starts it, with Hosts. It ends
// with this process.
func (s *Space) Wrap(cmd *exec.Cmd) {
	s.T.Helper()
	nsenter, err := exec.LookPath("nsenter")
	require.NoError(s.T, err)
	args := []string{nsenter, "--net=" + s.Path}
	if s.Hosts != "" {
		args = append(args, "unshare", "--mount", "sh", "-ec", `mount --bind "$0" /etc/hosts; exec "$@"`, s.Hosts)
	}
	cmd.Path, cmd.Args = nsenter, slices.Concat(args, []string{cmd.Path}, cmd.Args[1:])
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// Browser starts Chromium.
func (s *Space) Browser(t testing.TB, options ...chromedp.ExecAllocatorOption) *chromium.Browser {
	t.Helper()
	return chromium.Start(t, append(options, chromedp.ModifyCmdFunc(s.Wrap))...)
}
