package terminal_test

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

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestTerminalsOutliveTheRelay does what PROOF.md shows: ten thousand numbered lines go from one
// program to another while the relay between them is killed, twice, and started anew.
func TestTerminalsOutliveTheRelay(t *testing.T) {
	t.Parallel()
	const lines = 10_000
	relay := relayproc.Start(t)
	terminal := relayproc.Build(t, "sdk/cmd/intercessor")

	heard, err := os.Create(filepath.Join(t.TempDir(), "heard"))
	require.NoError(t, err)
	defer heard.Close()
	listen := exec.CommandContext(patience.Context(t), terminal, "listen", "--relay", relay.WS+"/server")
	listen.Stdout, listen.Dir = heard, t.TempDir()
	require.NoError(t, listen.Start())
	defer func() {
		_ = listen.Process.Signal(os.Interrupt)
		_ = listen.Wait()
	}()
	soFar := func() string {
		text, err := os.ReadFile(heard.Name())
		require.NoError(t, err)
		return string(text)
	}
	var link string
	require.Eventually(t, func() bool {
		_, rest, found := strings.Cut(soFar(), "client: ")
		link, _, _ = strings.Cut(rest, "\n")
		return found
	}, patience.Max, 10*time.Millisecond)

	var seq bytes.Buffer
	for i := range lines {
		fmt.Fprintln(&seq, i)
	}
	dial := exec.CommandContext(patience.Context(t), terminal, "dial", link)
	dial.Stdin, dial.Dir = &seq, t.TempDir()
	dial.Stderr = os.Stderr
	done := make(chan error, 1)
	require.NoError(t, dial.Start())
	go func() { done <- dial.Wait() }()

	count := func() int { return strings.Count(soFar(), ": ") }
	for _, after := range []int{lines / 4, lines / 2} {
		require.Eventually(t, func() bool { return count() > after }, patience.Max, time.Millisecond)
		relay.Blip()
	}
	require.NoError(t, <-done)

	var numbers []string
	require.Eventually(t, func() bool {
		numbers = nil
		for line := range strings.Lines(soFar()) {
			if _, said, ok := strings.Cut(line, ": "); ok && strings.Trim(said, "0123456789\n") == "" {
				numbers = append(numbers, strings.TrimSpace(said))
			}
		}
		return len(numbers) >= lines
	}, patience.Max, 10*time.Millisecond, "lines were lost")
	require.Len(t, numbers, lines)
	for i, number := range numbers {
		require.Equal(t, fmt.Sprint(i), number, "in order, and each once")
	}
}
