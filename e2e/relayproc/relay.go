package relayproc

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// A Relay is the relayd of a test. It ends with the test.
type Relay struct {
	*Process
	HTTP string // http://127.0.0.1:PORT
	WS   string // ws://127.0.0.1:PORT
	Addr string // 127.0.0.1:PORT

	t testing.TB
}

// Start starts a relayd that has the race detector, with these arguments behind its own, and
// waits until it listens.
func Start(t testing.TB, args ...string) *Relay {
	t.Helper()
	return StartBinary(t, Build(t, "relayd", "-race"), args...)
}

// StartBinary is Start for a build of relayd that the caller has made.
func StartBinary(t testing.TB, path string, args ...string) *Relay {
	t.Helper()
	return StartWith(t, Limits{}, nil, path, args...)
}

// StartWith is StartBinary with limits, and with more variables than this process has.
func StartWith(t testing.TB, limits Limits, env []string, path string, args ...string) *Relay {
	t.Helper()
	r, err := Try(t, limits, env, path, args...)
	require.NoError(t, err)
	return r
}

// Try is StartWith for a relayd that may not start. The error has the end of its log.
func Try(t testing.TB, limits Limits, env []string, path string, args ...string) (*Relay, error) {
	t.Helper()
	p := &Process{Binary: path, Env: env, Args: append([]string{"--state-dir", t.TempDir(), "--drain", "0"}, args...)}
	t.Cleanup(func() {
		p.Kill()
		if race := p.Race(); race != "" {
			t.Errorf("relayd has a data race:\n%s", race)
		}
		if t.Failed() {
			t.Logf("the end of relayd's log:\n%s", p.LogEnd())
		}
	})
	if err := p.StartWithin(limits); err != nil {
		return nil, err
	}
	return &Relay{Process: p, HTTP: "http://" + p.address, WS: "ws://" + p.address, Addr: p.address, t: t}, nil
}

// Restart kills relayd, calls whileAway, and starts relayd again on the same port and with
// the same key.
func (r *Relay) Restart(whileAway func()) {
	r.t.Helper()
	r.Kill()
	whileAway()
	require.NoError(r.t, r.Process.Start())
}

// Blip is Restart at once.
func (r *Relay) Blip() {
	r.t.Helper()
	r.Restart(func() {})
}

// Exit waits until relayd ends by itself and returns its exit code.
func (r *Relay) Exit(within time.Duration) int {
	r.t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-r.Exited():
	case <-late.C:
		r.t.Fatalf("relayd did not exit within %v", within)
	}
	return r.current().cmd.ProcessState.ExitCode()
}

// WaitLog waits for a line of the log that matches an expression.
func (r *Relay) WaitLog(expression string) {
	r.t.Helper()
	line := regexp.MustCompile(expression)
	require.Eventually(r.t, func() bool { return line.MatchString(r.Logs()) }, patience.Max, 5*time.Millisecond, "the log never says %q", expression)
}
