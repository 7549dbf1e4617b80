package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// check runs relayd check and gives its exit code and what it prints.
func check(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(relayd, append([]string{"check"}, args...)...)
	cmd.Env = append([]string{"SystemRoot=" + os.Getenv("SystemRoot"), "HOME=" + t.TempDir()}, env...)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		stderr = string(exit.Stderr)
	}
	return cmd.ProcessState.ExitCode(), string(out), stderr
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestCheckPrintsWhatIsInForce(t *testing.T) {
	t.Parallel()
	key := written(t, "key", "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=\n")
	path := written(t, "relayd.toml", "# ours\norigins = [\n  'https://app.example',\n  'https://b.example']\nlisten = ':1'\n\n[log]\nformat = 'json'\n")
	code, stdout, stderr := check(t, []string{"RELAYD_CONFIG=" + path, "RELAYD_LISTEN=:2", "RELAYD_LOG_LEVEL=warn"}, "--listen", ":3", "--key-file", key)
	require.Zero(t, code, stderr)
	for _, line := range []string{
		"listen = ':3' # --listen",
		"origins = ['https://app.example', 'https://b.example'] # " + path + ":2",
		"state_dir = '' # default",
		"key_files = ['" + key + "'] # --key-file",
		"drain = '8s' # default",
		"[log]\nlevel = 'warn' # RELAYD_LOG_LEVEL\nformat = 'json' # " + path + ":8",
	} {
		require.Contains(t, "\n"+stdout, "\n"+line+"\n")
	}
	require.NotContains(t, stdout, "b2xkb2xk", "no secret that a file holds")

	again, printed, _ := check(t, nil, "--config", written(t, "again.toml", stdout))
	require.Zero(t, again, "what it prints can be its file")
	require.Contains(t, printed, "listen = ':3' # ")
}

func TestCheckReadsWhatTheFilesName(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	code, _, stderr := check(t, nil, "--key-file", filepath.Join(folder, "none"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "make one with")
	code, _, _ = check(t, nil, "--state-dir", filepath.Join(folder, "made"))
	require.Zero(t, code)
	require.NoDirExists(t, filepath.Join(folder, "made"), "it makes nothing")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "resume.key"), []byte("broken"), 0o600))
	code, _, stderr = check(t, nil, "--state-dir", folder)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "a key is one line of 32 bytes in base64")
}

// TestMisspeltKeyStartsNothing: a misspelt restriction does not start a relay without it.
func TestMisspeltKeyStartsNothing(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "listen = '127.0.0.1:0'\norgins = ['https://app.example']\n")
	says := "relayd: " + path + ":2: unknown key \"orgins\"; did you mean origins?\n"
	code, stdout, stderr := check(t, nil, "--config", path)
	require.Equal(t, 2, code)
	require.Empty(t, stdout)
	require.Equal(t, says, stderr)
	require.Equal(t, says, fails(t, 2, nil, "--config", path))
}

// A key that signs before all relays accept it has its peers refused, for good. So check
// says which key signs, by a name that can be compared between relays and says nothing of
// the key, and whether it is the newest.
func TestCheckSaysWhichKeySigns(t *testing.T) {
	t.Parallel()
	older := written(t, "old.key", "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=\n")
	newer := written(t, "new.key", "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU=\n")
	long := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(older, long, long))
	const early = "is newer than the others"
	names := regexp.MustCompile(`(?m)^# resume key ([0-9a-f]{8}) of (.*): (signs and is accepted|is accepted)$`)

	code, stdout, stderr := check(t, nil, "--key-file", older, "--key-file", newer)
	require.Zero(t, code, stderr)
	first := names.FindAllStringSubmatch(stdout, -1)
	require.Len(t, first, 2, stdout)
	require.Equal(t, []string{older, "signs and is accepted"}, first[0][2:])
	require.Equal(t, []string{newer, "is accepted"}, first[1][2:])
	require.NotContains(t, stdout, early)

	_, stdout, _ = check(t, nil, "--key-file", newer, "--key-file", older)
	second := names.FindAllStringSubmatch(stdout, -1)
	require.Len(t, second, 2, stdout)
	require.Equal(t, first[1][1], second[0][1])
	require.Equal(t, first[0][1], second[1][1])
	require.Contains(t, stdout, early)
	again, _, stderr := check(t, nil, "--config", written(t, "again.toml", stdout))
	require.Zero(t, again, stderr)
}
