package termproc

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

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// A Peer is an intercessor as a process, with a test at its keyboard.
type Peer struct {
	t      testing.TB
	Cmd    *exec.Cmd
	keys   io.WriteCloser
	Shown  chan string // lines of standard output; closed at its end
	exited chan struct{}

	mu     sync.Mutex
	stderr bytes.Buffer // guarded by mu
}

// Start starts an intercessor in a folder of its own, with a terminal as standard
// input, and ends it with the test.
func Start(t testing.TB, args ...string) *Peer {
	t.Helper()
	keys, tty := openTerminal(t)
	p := StartWith(t, tty, nil, args...)
	require.NoError(t, tty.Close())
	p.keys = keys
	t.Cleanup(func() { _ = keys.Close() })
	return p
}

// StartWith is Start for another standard input, nil for an empty one, and
// with more variables than this process has.
func StartWith(t testing.TB, input io.Reader, variables []string, args ...string) *Peer {
	t.Helper()
	p := newPeer(t, input, args)
	p.Cmd.Env = append(os.Environ(), variables...)
	stdout, err := p.Cmd.StdoutPipe()
	require.NoError(t, err)
	p.start(func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			p.Shown <- lines.Text()
		}
		close(p.Shown)
	})
	return p
}

// StartPipe is StartWith for an intercessor whose standard output is bytes. Told waits for what
// it says on standard error. It inherits input and output if they are files.
func StartPipe(t testing.TB, input io.Reader, output io.Writer, args ...string) *Peer {
	t.Helper()
	p := newPeer(t, input, args)
	p.Cmd.Stdout = output
	p.start(func() {})
	return p
}

func newPeer(t testing.TB, input io.Reader, args []string) *Peer {
	t.Helper()
	p := &Peer{
		t:      t,
		Cmd:    exec.Command(relayproc.Build(t, "sdk/cmd/intercessor"), args...),
		Shown:  make(chan string, 1000),
		exited: make(chan struct{}),
	}
	p.Cmd.Dir = t.TempDir()
	p.Cmd.Stdin, p.Cmd.Stderr = input, p
	return p
}

// start starts the process, and ends it with the test.
func (p *Peer) start(show func()) {
	p.t.Helper()
	require.NoError(p.t, p.Cmd.Start())
	go func() {
		defer close(p.exited)
		show()
		_ = p.Cmd.Wait()
	}()
	p.t.Cleanup(func() {
		_ = p.Cmd.Process.Kill()
		<-p.exited
	})
}

// Told waits for a line of standard error that begins so, and returns the rest of it.
func (p *Peer) Told(beginning string) (rest string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		for line := range strings.Lines(p.Stderr()) {
			var found bool
			if rest, found = strings.CutPrefix(line, beginning); found && strings.HasSuffix(line, "\n") {
				rest = strings.TrimSpace(rest)
				return true
			}
		}
		return false
	}, patience.Max, 10*time.Millisecond, "standard error never had %q", beginning)
	return rest
}

// Answer waits until standard error ends with a question, and types a line.
func (p *Peer) Answer(question, line string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.HasSuffix(p.Stderr(), question+" ") }, patience.Max, 10*time.Millisecond, "%q was never asked", question)
	p.Type(line)
}

// Write keeps standard error.
func (p *Peer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(b)
}

// Stderr returns standard error so far.
func (p *Peer) Stderr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// Type types a line.
func (p *Peer) Type(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.keys, line+"\n")
	require.NoError(p.t, err)
}

// Expect waits for a line that begins so and returns the rest of it. Other lines
// before it are passed over.
func (p *Peer) Expect(beginning string) string {
	p.t.Helper()
	var passed []string
	late := time.After(patience.Max)
	for {
		select {
		case line, ok := <-p.Shown:
			if !ok {
				p.t.Fatalf("%v ended and never showed %q, but %q; standard error:\n%s", p.Cmd.Args[1:], beginning, passed, p.Stderr())
			}
			if rest, found := strings.CutPrefix(line, beginning); found {
				return strings.TrimSpace(rest)
			}
			passed = append(passed, line)
		case <-late:
			p.t.Fatalf("%v never showed %q, but %q; standard error:\n%s", p.Cmd.Args[1:], beginning, passed, p.Stderr())
		}
	}
}

// Exit waits for the end and returns the exit code.
func (p *Peer) Exit() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience.Max):
		p.t.Fatalf("%v did not exit; standard error:\n%s", p.Cmd.Args[1:], p.Stderr())
	}
	return p.Cmd.ProcessState.ExitCode()
}

// Interrupt is Ctrl-C.
func (p *Peer) Interrupt() {
	p.t.Helper()
	require.NoError(p.t, p.Cmd.Process.Signal(syscall.SIGINT))
}
