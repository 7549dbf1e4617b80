package sdkproof

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

// patience bounds every wait for something that should come soon.
const patience = 30 * time.Second

// binary builds relayd once, with the race detector, and with the overlay of a seeded
// bug if there is one.
var binary = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	path := filepath.Join(folder, "relayd")
	args := []string{"build", "-race", "-o", path}
	if overlay := os.Getenv("INTERCESSOR_OVERLAY"); overlay != "" {
		args = []string{"build", "-overlay", overlay, "-o", path}
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./relayd")...)
	cmd.Dir = "../../.." // the workspace's root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", &buildError{err, string(out)}
	}
	return path, nil
})

type buildError struct {
	err    error
	output string
}

func (e *buildError) Error() string {
	return "relayd cannot be built: " + e.err.Error() + "\n" + e.output
}

// folder is for what one run makes.
var folder string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if folder, err = os.MkdirTemp("", "intercessor-prove-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		var log history.Log
		measure(&log, "before")
		code := m.Run()
		for deadline := time.Now().Add(5 * time.Second); ; { // the last ones may still be ending
			measure(&log, "after")
			report := history.Check(log.Events(), history.Rules{})
			if report.OK() {
				return code
			}
			if time.Now().After(deadline) {
				fmt.Print(report)
				_ = pprof.Lookup("goroutine").WriteTo(os.Stdout, 1)
				return 1
			}
			<-time.After(50 * time.Millisecond)
		}
	}())
}

// measure logs the goroutines of this process (C12).
func measure(log *history.Log, when string) {
	log.Add(history.Event{Kind: history.Measure, Name: "goroutines", Value: float64(runtime.NumGoroutine()), Reason: when})
}

// A relayd is the daemon, on one port and with one state folder for all its lives.
type relayd struct {
	t       testing.TB
	address string // HOST:PORT, after the first start
	state   string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
	logs   bytes.Buffer
}

func newRelayd(t testing.TB) *relayd {
	r := &relayd{t: t, address: "127.0.0.1:0", state: t.TempDir()}
	r.Start()
	t.Cleanup(func() {
		r.Kill()
		r.mu.Lock()
		defer r.mu.Unlock()
		if logs := r.logs.String(); t.Failed() || bytes.Contains(r.logs.Bytes(), []byte("DATA RACE")) {
			t.Errorf("the end of relayd's log:\n%s", logs[max(0, len(logs)-5000):])
		}
	})
	return r
}

// Start starts the daemon, and waits until it listens.
func (r *relayd) Start() {
	path, err := binary()
	require.NoError(r.t, err)
	var cmd *exec.Cmd
	listening := make(chan string, 1)
	for deadline := time.Now().Add(patience); ; {
		cmd = exec.Command(path, "serve", "--listen", r.address, "--state-dir", r.state, "--drain", "2s", "--log-format", "json")
		stderr, err := cmd.StderrPipe()
		require.NoError(r.t, err)
		require.NoError(r.t, cmd.Start())
		exited := make(chan struct{})
		go func() {
			defer close(exited)
			for lines := bufio.NewScanner(stderr); lines.Scan(); {
				r.mu.Lock()
				r.logs.Write(append(lines.Bytes(), '\n'))
				r.mu.Unlock()
				var record struct{ Msg, Address string }
				if json.Unmarshal(lines.Bytes(), &record) == nil && record.Msg == "listening" {
					listening <- record.Address
				}
			}
			_ = cmd.Wait()
		}()
		r.mu.Lock()
		r.cmd, r.exited = cmd, exited
		r.mu.Unlock()
		select {
		case r.address = <-listening:
			return
		case <-exited: // the port may still be taken by who was killed
		case <-time.After(patience):
		}
		require.True(r.t, time.Now().Before(deadline), "relayd does not start:\n%s", &r.logs)
	}
}

// Kill ends the daemon at once and waits for its end.
func (r *relayd) Kill() {
	_ = r.cmd.Process.Kill()
	<-r.exited
}

func (r *relayd) Signal(s syscall.Signal) { _ = r.cmd.Process.Signal(s) }

// Drain ends the daemon in its own way, which must not take long.
func (r *relayd) Drain() {
	r.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(patience):
		r.t.Errorf("relayd did not end within %v of SIGTERM", patience)
		r.Kill()
	}
}
