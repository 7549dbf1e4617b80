package secret_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/sebas642/intercessor/relayd/textfile"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

// TestByteOrderMarkIsNoSecret: an editor has put it there, and it cannot be seen.
func TestByteOrderMarkIsNoSecret(t *testing.T) {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		text, err := secret.Read(write(t, mark+"s3cret", 0o600), 100)
		require.ErrorIs(t, err, textfile.ErrEncoding)
		require.Nil(t, text)
		require.NotContains(t, err.Error(), "s3cret")
	}
	text, err := secret.Read(write(t, "a\x00b", 0o600), 100)
	require.NoError(t, err, "a secret may be bytes")
	require.Equal(t, "a\x00b", string(text))
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
