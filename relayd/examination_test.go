package main_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// examined runs relayd doctor and gives its exit code and what it prints.
func examined(t *testing.T, args ...string) (code int, says string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), relayd, append([]string{"doctor"}, args...)...)
	cmd.Env = []string{"SystemRoot=" + os.Getenv("SystemRoot"), "XDG_STATE_HOME=" + t.TempDir()}
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestDoctorsArguments: its flags may stand among those of the configuration.
func TestDoctorsArguments(t *testing.T) {
	t.Parallel()
	d := start(t, nil, "--turn-enabled", "--state-dir", t.TempDir())
	code, says := examined(t, "http://"+d.address, "--long=10ms", "--listen", d.address, "--page=http://"+d.address, "--turn-enabled")
	require.Zero(t, code, says)
	require.Contains(t, says, "a quiet connection stays open for 10ms")
	require.Contains(t, says, "http://"+d.address+": 18 of 18 steps passed.\n")
	code, says = examined(t, "--listen", d.address, "--json", "--turn-enabled")
	require.Zero(t, code, says)
	require.Contains(t, says, `"url":"http://`+d.address+`","ok":true`)

	empty := written(t, "secret", "\n")
	for want, args := range map[string][]string{
		"--long must be a duration":                  {"--long=soon"},
		"--long must be a duration, as --long=1m10s": {"--long=-1s"},
		"--page needs a value":                       {"--page"},
		"cannot use the file of --secret-file":       {"--secret-file", "/nowhere"},
		"it must hold one line":                      {"--secret-file", empty},
		"did you mean --listen?":                     {"--listn", ":1"},
		"relayd doctor https://relay.example.org":    {"--listen", ":8000", "--proxy-trusted", "127.0.0.1"},
		"is not the address of a relay":              {"relay.example.org"},
		"on a free port":                             {"--listen", ":0"},
		"is not the address of a page":               {"http://" + d.address, "--page", "app"},
	} {
		code, says := examined(t, args...)
		require.Equal(t, 2, code, says)
		require.Contains(t, says, want)
	}
}
