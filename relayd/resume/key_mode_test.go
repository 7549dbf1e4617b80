//go:build !windows

package resume_test

import (
	"io/fs"
	"testing"

	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// Windows has no such modes, and relayd does not look at them there.
func TestKeyFileOfOthersIsRefused(t *testing.T) {
	for _, mode := range []fs.FileMode{0o644, 0o604, 0o660, 0o620, 0o601, 0o602, 0o666, 0o444} {
		path := write(t, secret, mode)
		_, err := resume.ReadKey(path)
		require.ErrorIs(t, err, resume.ErrKeyFile, "mode %o", mode)
		require.ErrorContains(t, err, "chmod 600 "+path)
	}
}
