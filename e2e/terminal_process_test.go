package e2e_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// terminalPeer is an intercessor as a process, with a test at its keyboard.
type terminalPeer struct {
	t      testing.TB
	cmd    *exec.Cmd
	keys   io.WriteCloser
	shown  chan string // lines of standard output; closed at its end
	exited chan struct{}

	mu     sync.Mutex
	stderr bytes.Buffer // guarded by mu
}

// startTerminal starts an intercessor in a folder of its own, with a terminal as standard
// input, and ends it with the test.
func startTerminal(t testing.TB, args ...string) *terminalPeer {
	t.Helper()
	keys, tty := openTerminal(t)
	p := startTerminalWith(t, tty, nil, args...)
	require.NoError(t, tty.Close())
	p.keys = keys
	t.Cleanup(func() { _ = keys.Close() })
	return p
}

// startTerminalWith is startTerminal for another standard input, nil for an empty one, and
// with more variables than this process has.
func startTerminalWith(t testing.TB, input io.Reader, variables []string, args ...string) *terminalPeer {
	t.Helper()
	p := &terminalPeer{
		t:      t,
		cmd:    exec.Command(buildBinary(t, "./sdk/cmd/intercessor"), args...),
		shown:  make(chan string, 1000),
		exited: make(chan struct{}),
	}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdin, p.cmd.Stderr = input, p
	p.cmd.Env = append(os.Environ(), variables...)
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())

	go func() {
		defer close(p.exited)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			p.shown <- lines.Text()
		}
		close(p.shown)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
	})
	return p
}

// Write keeps standard error.
func (p *terminalPeer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(b)
}

// Stderr gives standard error so far.
func (p *terminalPeer) Stderr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// Types types a line.
func (p *terminalPeer) Types(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.keys, line+"\n")
	require.NoError(p.t, err)
}

// Shows waits for a line that begins so and gives the rest of it. Other lines
// before it are passed over.
func (p *terminalPeer) Shows(beginning string) string {
	p.t.Helper()
	var passed []string
	late := time.After(patience)
	for {
		select {
		case line, ok := <-p.shown:
			if !ok {
				p.t.Fatalf("%v ended and never showed %q, but %q; standard error:\n%s", p.cmd.Args[1:], beginning, passed, p.Stderr())
			}
			if rest, found := strings.CutPrefix(line, beginning); found {
				return strings.TrimSpace(rest)
			}
			passed = append(passed, line)
		case <-late:
			p.t.Fatalf("%v never showed %q, but %q; standard error:\n%s", p.cmd.Args[1:], beginning, passed, p.Stderr())
		}
	}
}

// Exits waits for the end and gives the exit code.
func (p *terminalPeer) Exits() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("%v did not exit; standard error:\n%s", p.cmd.Args[1:], p.Stderr())
	}
	return p.cmd.ProcessState.ExitCode()
}

// Interrupt is Ctrl-C.
func (p *terminalPeer) Interrupt() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGINT))
}
