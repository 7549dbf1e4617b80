package secret_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

func TestReadHasABound(t *testing.T) {
	for _, n := range []int{0, 9, 10} {
		text, err := secret.Read(write(t, strings.Repeat("x", n), 0o600), 10)
		require.NoError(t, err)
		require.Len(t, text, n)
	}
	_, err := secret.Read(write(t, strings.Repeat("x", 11), 0o600), 10)
	require.ErrorIs(t, err, secret.ErrTooLong)
	_, err = secret.Read(filepath.Join(t.TempDir(), "none"), 10)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = secret.Read(t.TempDir(), 10)
	require.ErrorContains(t, err, "is a directory", "what is wrong with it is not its mode")
}
