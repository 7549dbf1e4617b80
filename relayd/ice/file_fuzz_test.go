package ice_test

import (
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/stretchr/testify/require"
)

// FuzzFiles: what stands in a file is used as it stands there, or refused without being
// quoted.
func FuzzFiles(f *testing.F) {
	for _, seed := range []string{"", "0123456789abcdef", "# note\n0123456789abcdef\r\nfedcba9876543210\n", "ada:open sesame", ":", "a:b\nc:d", "a:b:c", "\xff\x00:x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		secrets, err := ice.ParseSecrets(text)
		if err != nil {
			require.Empty(t, secrets)
			require.Less(t, len(err.Error()), 200)
		}
		for _, secret := range secrets {
			require.GreaterOrEqual(t, len(secret), 16)
			require.NotContains(t, secret, "\n")
			require.Contains(t, string(text), secret)
		}
		username, credential, err := ice.ParseCredential(text)
		if err != nil {
			require.Empty(t, username+credential)
			return
		}
		require.Equal(t, strings.TrimSpace(string(text)), username+":"+credential)
		require.NotContains(t, username, ":")
	})
}
