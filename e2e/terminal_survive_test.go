package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTerminalsOutliveTheRelay does what PROOF.md shows: ten thousand numbered lines go from one
// program to another while the relay between them is killed, twice, and started anew.
func TestTerminalsOutliveTheRelay(t *testing.T) {
	t.Parallel()
	const lines = 10_000
	state, relayd := t.TempDir(), buildBinary(t, "./relayd", "-race")
	relay := startRelayBinary(t, relayd, "--state-dir", state)
	address := strings.TrimPrefix(relay.HTTP, "http://")
	terminal := buildBinary(t, "./sdk/cmd/intercessor")

	heard, err := os.Create(filepath.Join(t.TempDir(), "heard"))
	require.NoError(t, err)
	defer heard.Close()
	listen := exec.CommandContext(within(t), terminal, "listen", "--relay", relay.WS+"/server")
	listen.Stdout, listen.Dir = heard, t.TempDir()
	require.NoError(t, listen.Start())
	defer func() {
		_ = listen.Process.Signal(os.Interrupt)
		_ = listen.Wait()
	}()
	var link string
	require.Eventually(t, func() bool {
		_, rest, found := strings.Cut(read(t, heard.Name()), "client: ")
		link, _, _ = strings.Cut(rest, "\n")
		return found
	}, patience, 10*time.Millisecond)

	var seq bytes.Buffer
	for i := range lines {
		fmt.Fprintln(&seq, i)
	}
	dial := exec.CommandContext(within(t), terminal, "dial", link)
	dial.Stdin, dial.Dir = &seq, t.TempDir()
	dial.Stderr = os.Stderr
	done := make(chan error, 1)
	require.NoError(t, dial.Start())
	go func() { done <- dial.Wait() }()

	count := func() int { return strings.Count(read(t, heard.Name()), ": ") }
	for _, after := range []int{lines / 4, lines / 2} {
		require.Eventually(t, func() bool { return count() > after }, patience, time.Millisecond)
		relay.Kill()
		relay = startRelayBinary(t, relayd, "--listen", address, "--state-dir", state)
	}
	require.NoError(t, <-done)

	var numbers []string
	require.Eventually(t, func() bool {
		numbers = nil
		for line := range strings.Lines(read(t, heard.Name())) {
			if _, said, ok := strings.Cut(line, ": "); ok && strings.Trim(said, "0123456789\n") == "" {
				numbers = append(numbers, strings.TrimSpace(said))
			}
		}
		return len(numbers) >= lines
	}, patience, 10*time.Millisecond, "lines were lost")
	require.Len(t, numbers, lines)
	for i, number := range numbers {
		require.Equal(t, fmt.Sprint(i), number, "in order, and each once")
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
