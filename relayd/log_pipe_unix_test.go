//go:build unix

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A pipe is the standard error of a relayd, which the test reads or not.
type pipe struct {
	t     *testing.T
	file  *os.File
	lines *bufio.Scanner
}

// reads returns the next record that says so.
func (p *pipe) reads(message string) map[string]any {
	p.t.Helper()
	require.NoError(p.t, p.file.SetReadDeadline(time.Now().Add(patience)))
	for p.lines.Scan() {
		var record map[string]any
		if json.Unmarshal(p.lines.Bytes(), &record) == nil && record["msg"] == message {
			return record
		}
	}
	p.t.Fatalf("relayd does not log %q: %v", message, p.lines.Err())
	return nil
}

// opened opens a named pipe to read from.
func opened(t *testing.T, path string) *pipe {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	return &pipe{t, file, bufio.NewScanner(file)}
}

// launchInto starts a relayd that logs into a named pipe, and returns it with the pipe's
// reader, the pipe's path and the address of the admin listener.
func launchInto(t *testing.T) (d *daemon, from *pipe, path, admin string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	from = opened(t, path)
	stderr, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	d = &daemon{t: t, exited: make(chan struct{})}
	d.cmd = exec.Command(relayd, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug", "--drain", "0s")
	d.cmd.Env, d.cmd.Stderr = []string{}, stderr
	require.NoError(t, d.cmd.Start())
	require.NoError(t, stderr.Close())
	go func() {
		defer close(d.exited)
		_ = d.cmd.Wait()
	}()
	t.Cleanup(d.kill)
	d.address, _ = from.reads("listening")["address"].(string)
	admin, _ = from.reads("admin listener")["admin"].(string)
	return d, from, path, admin
}

// meets has two peers come in and talk; each of them is a line of the log.
func (d *daemon) meets() {
	d.t.Helper()
	server, client := d.room()
	client.says(server, "chat", `"hi"`)
	require.JSONEq(d.t, `"hi"`, string(server.wants("chat")))
}

func (d *daemon) endsWell() {
	d.t.Helper()
	d.signal(syscall.SIGTERM)
	select {
	case <-d.exited:
	case <-time.After(patience):
		d.t.Fatal("relayd does not end")
	}
	require.Zero(d.t, d.cmd.ProcessState.ExitCode(), d.cmd.ProcessState)
}

// TestLogWhoseReaderGoes: relayd serves on, counts the lines that were lost, and says how
// many when the log is read again.
func TestLogWhoseReaderGoes(t *testing.T) {
	t.Parallel()
	d, from, path, admin := launchInto(t)
	require.NoError(t, from.file.Close())
	for range 3 {
		d.meets()
	}
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + admin + "/metrics")
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return regexp.MustCompile(`(?m)^relayd_log_dropped_lines_total [1-9]`).Match(text)
	}, patience, 10*time.Millisecond)

	again := opened(t, path)
	d.meets()
	again.reads("joined")
	require.Positive(t, again.reads("log lines were dropped: standard error did not take them")["lines"])
	d.endsWell()
	again.reads("ended")
}

// TestLogThatIsNotRead: relayd serves and ends although its standard error takes nothing.
func TestLogThatIsNotRead(t *testing.T) {
	t.Parallel()
	d, _, path, _ := launchInto(t)
	full, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer func() { _ = syscall.Close(full) }()
	for _, size := range []int{64 << 10, 4 << 10, 1} {
		junk := make([]byte, size)
		for err = nil; err == nil; {
			_, err = syscall.Write(full, junk)
		}
		require.ErrorIs(t, err, syscall.EAGAIN)
	}
	for range 3 {
		d.meets()
	}
	response, err := http.Get(fmt.Sprintf("http://%s/healthz", d.address))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	d.endsWell()
}
