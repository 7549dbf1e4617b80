//go:build unix

package config_test

import (
	"os"
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/stretchr/testify/require"
)

// TestFileWithASecretIsNobodyElses, and one without may be read by everybody.
func TestFileWithASecretIsNobodyElses(t *testing.T) {
	var c every
	path := file(t, "[section]\nhash = 'canary'\n")
	require.NoError(t, os.Chmod(path, 0o644))
	_, err := config.LoadInto(&c, []string{"--config", path}, nil)
	require.ErrorIs(t, err, secret.ErrExposed)
	require.ErrorContains(t, err, "the mode 0644 of "+path+" lets others read or change it; fix it with: chmod 600 "+path+" (640 if root owns it")
	open := file(t, "word = 'no secret'\n")
	require.NoError(t, os.Chmod(open, 0o644))
	_, err = config.LoadInto(&c, []string{"--config", open}, nil)
	require.NoError(t, err)

	require.NoError(t, os.Chmod(path, 0o604))
	_, err = config.SecretFile(path).Read()
	require.ErrorIs(t, err, secret.ErrExposed)
}
