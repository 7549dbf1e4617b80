package etcdtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Member is one process of etcd. Its methods are for the test's goroutine.
type Member struct {
	t                     testing.TB
	name, folder, cluster string
	client, peer          string    // addresses
	security              *security // nil without TLS

	process *exec.Cmd     // nil while none runs
	ended   chan struct{} // closed when process has ended
	output  *tail
}

// Endpoint returns the URL that a client dials. It stays the same when the member starts again.
func (m *Member) Endpoint() string {
	if m.security != nil {
		return "https://" + m.client
	}
	return "http://" + m.client
}

// Address returns the host and port of Endpoint, for a connection without a client of etcd.
func (m *Member) Address() string { return m.client }

// PID is that of the process that runs.
func (m *Member) PID() int { return m.process.Process.Pid }

// Kill ends the member with SIGKILL, if it runs, and waits for its end. Its data stays.
func (m *Member) Kill() {
	if m.process == nil {
		return
	}
	_ = m.process.Process.Kill()
	<-m.ended
	m.process = nil
}

// Forget deletes the data of a killed member: with one member, Start makes an empty etcd.
func (m *Member) Forget() {
	m.t.Helper()
	require.Nil(m.t, m.process, "%s runs", m.name)
	require.NoError(m.t, os.RemoveAll(filepath.Join(m.folder, m.name)))
}

// Start starts the member again with its data after Kill. It does not wait: see Wait.
func (m *Member) Start() {
	m.t.Helper()
	require.Nil(m.t, m.process, "%s runs", m.name)
	m.launch()
}

// Wait waits until the member answers a linearizable read, which needs a quorum.
func (m *Member) Wait() {
	m.t.Helper()
	require.NoError(m.t, m.wait())
}

// Delete deletes a key through a member that answers.
func (m *Member) Delete(key string) {
	m.t.Helper()
	_, err := ask(m, patience, func(ctx context.Context, c *clientv3.Client) (*clientv3.DeleteResponse, error) {
		return c.Delete(ctx, key)
	})
	require.NoError(m.t, err)
}

// Pause stops the process (SIGSTOP): its sockets stay open and nothing answers.
func (m *Member) Pause() {
	m.t.Helper()
	require.NoError(m.t, m.process.Process.Signal(syscall.SIGSTOP))
	require.Eventually(m.t, func() bool { return IsStopped(m.process.Process.Pid) }, patience, time.Millisecond)
}

// Resume lets a paused process go on.
func (m *Member) Resume() {
	m.t.Helper()
	require.NoError(m.t, m.process.Process.Signal(syscall.SIGCONT))
}

func (m *Member) launch() {
	m.t.Helper()
	program, err := exec.LookPath("etcd")
	require.NoError(m.t, err, "the tests need the program etcd (Debian's package etcd-server): see ci/setup.sh")
	m.output = &tail{}
	m.process = exec.Command(program,
		"--name", m.name,
		"--data-dir", filepath.Join(m.folder, m.name),
		"--listen-client-urls", m.Endpoint(),
		"--advertise-client-urls", m.Endpoint(),
		"--listen-peer-urls", "http://"+m.peer,
		"--initial-advertise-peer-urls", "http://"+m.peer,
		"--initial-cluster", m.cluster,
		"--heartbeat-interval", "50", "--election-timeout", "500", // ms: half of what is usual
		"--unsafe-no-fsync",
		"--logger", "zap", "--log-outputs", "stderr",
	)
	if m.security != nil {
		m.process.Args = append(m.process.Args, "--cert-file", m.security.cert, "--key-file", m.security.key,
			"--client-cert-auth", "--trusted-ca-file", m.security.trusted)
	}
	m.process.Stderr, m.process.Stdout = m.output, m.output
	endWithParent(m.process)
	require.NoError(m.t, m.process.Start())
	process, ended := m.process, make(chan struct{})
	m.ended = ended
	go func() { // ends with the process, which Kill ends and waits for
		_ = process.Wait()
		close(ended)
	}()
}

// wait returns an error as soon as the process has ended.
func (m *Member) wait() error {
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if _, err = ask(m, time.Second, func(ctx context.Context, c *clientv3.Client) (*clientv3.GetResponse, error) {
			return c.Get(ctx, "a key")
		}); err == nil {
			return nil
		}
		select {
		case <-m.ended:
			return fmt.Errorf("etcd ended: %s", m.output)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("etcd does not answer: %w; it wrote: %s", err, m.output)
}

func (m *Member) status() (*clientv3.StatusResponse, error) {
	return ask(m, time.Second, func(ctx context.Context, c *clientv3.Client) (*clientv3.StatusResponse, error) {
		return c.Status(ctx, m.Endpoint())
	})
}

// A tail keeps the last 16 KiB that a process wrote.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const most = 16 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - most; extra > 0 {
		t.text = bytes.Clone(t.text[extra:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
