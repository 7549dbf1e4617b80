//go:build !js

package signaling_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/signaling"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

func openFile(t testing.TB, path string) *signaling.File {
	t.Helper()
	f, err := signaling.OpenFile(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestIdentityInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity")
	f := openFile(t, path)
	text, err := f.Load()
	require.NoError(t, err)
	require.Empty(t, text)
	require.NoError(t, f.Save("1.one"))
	require.NoError(t, f.Save("2.two"))
	text, err = f.Load()
	require.NoError(t, err)
	require.Equal(t, "2.two", text)

	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 2, "the file, its lock and nothing else")
	if runtime.GOOS != "windows" {
		for _, name := range []string{path, path + ".lock"} {
			info, err := os.Stat(name)
			require.NoError(t, err)
			require.EqualValues(t, 0o600, info.Mode().Perm())
		}
	}
}

func TestIdentityFileIsForOneProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity")
	f := openFile(t, path)
	_, err := signaling.OpenFile(path)
	require.ErrorIs(t, err, signaling.ErrFileInUse)
	require.ErrorContains(t, err, "another program uses the identity file "+path)
	require.NoError(t, f.Close())
	openFile(t, path)
}

func TestIdentityOutlivesItsProgram(t *testing.T) {
	url := server(t) + "/v1-resume/file/server"
	path := filepath.Join(t.TempDir(), "identity")
	for visit, want := range []string{`""`, `"\d+\.token-1"`} {
		f := openFile(t, path)
		s, err := sdktest.Dial(within(t), url, &signaling.Options{Store: f})
		require.NoError(t, err)
		require.Equal(t, visit > 0, s.Hello().Resumed)
		require.NoError(t, s.Close())
		require.NoError(t, f.Close())
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Regexp(t, strings.Trim([]string{`^0\.token-1`, `^\d{13,}\.`}[visit], `"`), string(text), want)
	}
}

func TestFilesThatHoldNoIdentity(t *testing.T) {
	url := server(t) + "/v1-echo/server"
	for name, text := range map[string]string{
		"words":     "hello",
		"no-token":  "5.",
		"no-number": "x.abc",
		"spaces":    "5.a b",
		"huge":      "5." + strings.Repeat("a", 10_000),
	} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := sdktest.Dial(within(t), url, &signaling.Options{Store: openFile(t, path)})
		var broken *signaling.IdentityError
		require.ErrorAs(t, err, &broken, name)
		require.ErrorContains(t, err, "is it the right file?")
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	_, err := signaling.OpenFile(filepath.Join(t.TempDir(), "none", "identity"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
