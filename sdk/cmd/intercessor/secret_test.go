package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSecretFile(t *testing.T) {
	for _, c := range []struct {
		text string
		mode os.FileMode
		want string // "" if the file is refused
	}{
		{"open sesame", 0o600, "open sesame"},
		{"open sesame\n", 0o640, "open sesame"},
		{" open sesame \r\n", 0o400, " open sesame "},
		{strings.Repeat("a", 4096) + "\n", 0o600, strings.Repeat("a", 4096)},
		{strings.Repeat("a", 4097), 0o600, ""},
		{strings.Repeat("a", 5000), 0o600, ""},
		{"", 0o600, ""},
		{"\n", 0o600, ""},
		{"open\nsesame\n", 0o600, ""},
		{"\xef\xbb\xbfopen sesame\n", 0o600, ""},
		{"\xff\xfeo\x00p\x00e\x00n\x00", 0o600, ""},
		{"open sesame", 0o604, ""},
		{"open sesame", 0o620, ""},
	} {
		path := filepath.Join(t.TempDir(), "secret")
		assert.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
		assert.NoError(t, os.Chmod(path, c.mode))
		secret, err := readSecret(path)
		assert.Equal(t, c.want, secret, "%.20q %o", c.text, c.mode)
		assert.Equal(t, c.want == "", err != nil, "%.20q %o", c.text, c.mode)
		if err != nil {
			assert.NotContains(t, err.Error(), "sesame")
		}
	}
	exit, _, stderr := intercessor(t.Context(), "listen", "--secret-file", "/nowhere/at/all")
	assert.Equal(t, exitUsage, exit)
	assert.Contains(t, stderr, "the secret cannot be read")
}
