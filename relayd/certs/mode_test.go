//go:build unix

package certs_test

import (
	"os"
	"testing"

	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/stretchr/testify/require"
)

// TestKeysThatOthersReadAreRefused as other bad files are.
func TestKeysThatOthersReadAreRefused(t *testing.T) {
	for name, mode := range map[string]os.FileMode{"all": 0o644, "the group": 0o620} {
		t.Run(name, func(t *testing.T) {
			refuses(t, func(f *folder) { require.NoError(f.t, os.Chmod(f.key, mode)) }, secret.ErrExposed, "chmod 600")
		})
	}
}
