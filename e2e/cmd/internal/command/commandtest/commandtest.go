//go:build linux

// Package commandtest calls commands of package command as a user does, and checks what
// they say.
package commandtest

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
)

// Main is for TestMain: the command starts the test's program where it starts itself.
func Main(m *testing.M, c command.Command) {
	if len(os.Args) > 1 && c.Self[os.Args[1]] != nil {
		os.Exit(c.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// Measure calls a command whose arguments begin with a mode and --json. It must succeed
// and print so many results of that mode. Measure returns the last.
func Measure(t *testing.T, c command.Command, lines int, args ...string) map[string]any {
	var stdout, stderr bytes.Buffer
	require.Zero(t, c.Main(args, &stdout, &stderr), &stderr)
	var last map[string]any
	n := 0
	for line := range strings.Lines(stdout.String()) {
		last = nil
		require.NoError(t, json.Unmarshal([]byte(line), &last), line)
		require.Equal(t, args[0], last["mode"])
		n++
	}
	require.Equal(t, lines, n)
	return last
}

// Fails calls a command with arguments, which spaces separate: each call must end with the
// exit status and say a sentence with these words in it, and with the command's name.
func Fails(t *testing.T, c command.Command, status int, calls map[string]string) {
	for args, words := range calls {
		var stdout, stderr bytes.Buffer
		require.Equal(t, status, c.Main(strings.Fields(args), &stdout, &stderr), args)
		require.Contains(t, stderr.String(), words, args)
		require.Contains(t, stderr.String(), c.Name, args)
		require.Empty(t, stdout.String(), args)
	}
}

// Explains fails unless the command's help lists every mode, and explains each.
func Explains(t *testing.T, c command.Command) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, c.Main([]string{"help"}, &stdout, &stderr))
	for _, m := range c.Modes {
		require.Contains(t, stdout.String(), m.Name+" ")
		for _, args := range [][]string{{"help", m.Name}, {m.Name, "-h"}} {
			var help bytes.Buffer
			require.Zero(t, c.Main(args, &help, &stderr))
			require.Contains(t, help.String(), c.Name+" "+m.Name+": "+m.About)
			require.Contains(t, help.String(), "-json")
		}
	}
	require.Empty(t, stderr.String())
}
