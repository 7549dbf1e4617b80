//go:build linux

// Package benchtest calls commands of package bench as a user does, and checks their output.
package benchtest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

// Main is for TestMain. A command that starts itself starts the test binary.
func Main(m *testing.M, c bench.Command) {
	if len(os.Args) > 1 && c.Self[os.Args[1]] != nil {
		os.Exit(c.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// Relayd builds the workspace's relayd and returns its path.
func Relayd(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "relayd")
	out, err := exec.Command("go", "build", "-o", path, "github.com/sebas642/intercessor/relayd").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// Measure calls a command whose arguments begin with a mode and --json. The command must succeed
// and print results results. In the last, the positive figures must be greater than zero and the
// zero figures zero. Spaces separate the keys.
func Measure(t *testing.T, c bench.Command, results int, positive, zero string, args ...string) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, c.Main(args, &stdout, &stderr), &stderr)
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	require.Len(t, lines, results)
	var last map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[results-1]), &last))
	require.Equal(t, args[0], last["mode"])
	for key := range strings.FieldsSeq(positive) {
		require.Greater(t, last[key], 0.0, "%s of %v", key, last)
	}
	for key := range strings.FieldsSeq(zero) {
		require.Equal(t, 0.0, last[key], "%s of %v", key, last)
	}
}

// Fails calls a command with arguments, separated by spaces. Each call must end with the exit
// status and print an error that contains the given words.
func Fails(t *testing.T, c bench.Command, status int, calls map[string]string) {
	for args, words := range calls {
		var stdout, stderr bytes.Buffer
		require.Equal(t, status, c.Main(strings.Fields(args), &stdout, &stderr), args)
		require.Contains(t, stderr.String(), words, args)
		require.Contains(t, stderr.String(), c.Name, args)
		require.Empty(t, stdout.String(), args)
	}
}

// Explains fails unless the command's help lists and explains every mode.
func Explains(t *testing.T, c bench.Command) {
	var all, stderr bytes.Buffer
	require.Zero(t, c.Main([]string{"help"}, &all, &stderr))
	for name := range c.Modes {
		require.Contains(t, all.String(), name)
		for _, args := range [][]string{{"help", name}, {name, "-h"}} {
			var help bytes.Buffer
			require.Zero(t, c.Main(args, &help, &stderr))
			require.Contains(t, help.String(), "--json")
		}
	}
	require.Empty(t, stderr.String())
}
