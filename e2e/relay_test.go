package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/sdk"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait of a test for what should come at once. It only ends what hangs:
// a machine may be busy for a while, and a test that passes never waits for it.
const patience = 2 * time.Minute

// relayProcess is a relayd of its own, as a process on a free loopback port.
type relayProcess struct {
	HTTP string // http://127.0.0.1:PORT
	WS   string // ws://127.0.0.1:PORT

	t      testing.TB
	cmd    *exec.Cmd
	exited chan struct{}

	mu   sync.Mutex
	logs bytes.Buffer
}

// startRelay starts relayd with the arguments given behind its own, waits until
// it listens, and ends it with the test.
func startRelay(t testing.TB, args ...string) *relayProcess {
	t.Helper()
	return startRelayBinary(t, buildBinary(t, "./relayd", "-race"), args...)
}

// startRelayBinary is startRelay for a build of relayd that the caller has made.
func startRelayBinary(t testing.TB, path string, args ...string) *relayProcess {
	t.Helper()
	return startRelayWith(t, path, nil, args...)
}

// startRelayWith is startRelayBinary with more variables than this process has.
func startRelayWith(t testing.TB, path string, variables []string, args ...string) *relayProcess {
	t.Helper()
	cmd := exec.Command(path,
		append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--state-dir", t.TempDir(), "--drain", "0"}, args...)...)
	cmd.Env = append(os.Environ(), variables...)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	relay := &relayProcess{t: t, cmd: cmd, exited: make(chan struct{})}
	cmd.Stdout = relay
	require.NoError(t, cmd.Start())

	listening := make(chan string, 1)
	go relay.follow(stderr, listening)
	t.Cleanup(func() {
		relay.Kill()
		if t.Failed() {
			logs := relay.Logs()
			t.Logf("the end of relayd's log:\n%s", logs[max(0, len(logs)-5000):])
		}
	})

	select {
	case address := <-listening:
		relay.HTTP, relay.WS = "http://"+address, "ws://"+address
	case <-relay.exited:
		t.Fatalf("relayd ended before it listened:\n%s", relay.Logs())
	case <-time.After(patience):
		t.Fatalf("relayd does not listen:\n%s", relay.Logs())
	}
	return relay
}

// follow keeps the log, reports the address, and collects the process's end.
func (r *relayProcess) follow(stderr io.Reader, listening chan<- string) {
	defer close(r.exited)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		r.mu.Lock()
		r.logs.Write(append(lines.Bytes(), '\n'))
		r.mu.Unlock()
		var record struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &record) == nil && record.Msg == "listening" {
			listening <- record.Address
		}
	}
	_ = r.cmd.Wait()
}

// Write takes what relayd writes to standard output, which is nothing.
func (r *relayProcess) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logs.Write(b)
}

// Logs gives what relayd has written so far.
func (r *relayProcess) Logs() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logs.String()
}

// Kill ends the process at once (SIGKILL) and waits for its end.
func (r *relayProcess) Kill() {
	_ = r.cmd.Process.Kill()
	<-r.exited
}

// Signal sends a signal; Exit waits for the end and gives the exit code.
func (r *relayProcess) Signal(s syscall.Signal) {
	require.NoError(r.t, r.cmd.Process.Signal(s))
}

func (r *relayProcess) Exit(within time.Duration) int {
	r.t.Helper()
	select {
	case <-r.exited:
	case <-time.After(within):
		r.t.Fatalf("relayd did not exit within %v", within)
	}
	return r.cmd.ProcessState.ExitCode()
}

var binaries struct {
	folder string
	built  sync.Map // package and flags to a func() (string, error) that builds once
}

// buildBinary builds a main package of the workspace once per run and gives the binary's path.
func buildBinary(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	key := fmt.Sprint(pkg, flags)
	build, _ := binaries.built.LoadOrStore(key, sync.OnceValues(func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		folder, err := os.MkdirTemp(binaries.folder, "") // the same package may be built with other flags
		if err != nil {
			return "", err
		}
		path := filepath.Join(folder, filepath.Base(pkg))
		cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", path}, flags...), pkg)...)
		cmd.Dir = ".." // the workspace's root
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
		return path, nil
	}))
	path, err := build.(func() (string, error))()
	require.NoError(t, err)
	return path
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "intercessor-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binaries.folder = folder
	return m.Run()
}

// within gives a context that ends with the test's patience.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// mustSend sends a message and leaves it to others to see that it arrives.
func mustSend(t testing.TB, conn *sdk.Conn, m sdk.Message) {
	t.Helper()
	_, err := conn.Send(within(t), m)
	require.NoError(t, err)
}
