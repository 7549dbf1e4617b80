//go:build unix

package secret_test

import (
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/stretchr/testify/require"
)

// TestModes: every mode that a file of relayd's own user can have.
func TestModes(t *testing.T) {
	for mode := fs.FileMode(0o400); mode <= 0o777; mode++ {
		path := write(t, "s3cret", mode)
		text, err := secret.Read(path, 10)
		if mode&0o077 == 0 || os.Geteuid() == 0 && mode&0o027 == 0 {
			require.NoError(t, err, "%o", mode)
			require.Equal(t, "s3cret", string(text))
			continue
		}
		require.ErrorIs(t, err, secret.ErrExposed, "%o", mode)
		require.ErrorContains(t, err, fmt.Sprintf("the mode %#o of %s lets others", uint32(mode), path))
		require.ErrorContains(t, err, "chmod 600 "+path)
		require.Nil(t, text)
	}
}

// TestModesByOwner: what root gives a service by its group can be read by it, also by a
// service that is root itself, as in a container.
func TestModesByOwner(t *testing.T) {
	const relayd, root, another = 1000, 0, 2000
	for mode, ok := range map[fs.FileMode]bool{
		0o400: true, 0o600: true, 0o440: true, 0o640: true, 0o550: true,
		0o444: false, 0o644: false, 0o604: false, 0o660: false, 0o620: false, 0o601: false, 0o602: false,
	} {
		require.Equal(t, ok, !secret.Exposes(mode, root, relayd), "%o", mode)
		require.Equal(t, ok, !secret.Exposes(mode, another, relayd), "%o", mode)
		require.Equal(t, ok, !secret.Exposes(mode, root, root), "%o", mode)
		require.Equal(t, mode&0o077 != 0, secret.Exposes(mode, relayd, relayd), "%o", mode)
	}
}
