package relayproc

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// WritePassphrases writes a configuration that asks for passphrases; "" asks for none.
func WritePassphrases(t testing.TB, path, server, client string) {
	t.Helper()
	text := "[access]\n"
	for key, passphrase := range map[string]string{"server_passphrase_hashes": server, "client_passphrase_hashes": client} {
		if passphrase != "" {
			hash := exec.CommandContext(patience.Context(t), Build(t, "relayd", "-race"), "hash")
			hash.Stdin = strings.NewReader(passphrase + "\n")
			line, err := hash.Output()
			require.NoError(t, err)
			text += key + " = ['" + strings.TrimSpace(string(line)) + "']\n"
		}
	}
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
