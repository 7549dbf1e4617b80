package textfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sebas642/intercessor/relayd/textfile"
	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for text, says := range map[string]string{
		"0123456789":      "",
		"grüße":           "",
		"":                "",
		"0123456789\n":    "file is longer than 10 bytes",
		"\ufeffa":         "file begins with a byte order mark; save it as UTF-8 without a byte order mark",
		"\xff\xfea\x00":   "file is UTF-16; save it as UTF-8",
		"\xfe\xff\x00a":   "file is UTF-16; save it as UTF-8",
		"a\x00b\x00c\x00": "file holds NUL bytes, as UTF-16 does; save it as UTF-8",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		got, err := textfile.Read(path, 10)
		if says == "" {
			require.NoError(t, err, "%q", text)
			require.Equal(t, text, string(got))
			continue
		}
		require.ErrorContains(t, err, says, "%q", text)
		require.Nil(t, got)
	}
	_, err := textfile.Read(filepath.Join(t.TempDir(), "none"), 10)
	require.ErrorIs(t, err, os.ErrNotExist)
}
