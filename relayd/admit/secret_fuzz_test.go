package admit_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/stretchr/testify/require"
)

// FuzzSecret: an access secret is what was presented, to the byte, and never a resume
// token too.
func FuzzSecret(f *testing.F) {
	f.Add("Bearer open sesame", "intercessor.v1")
	f.Add("", "intercessor.v1, intercessor.access.b3BlbiBzZXNhbWU")
	f.Add("Bearer 1.abc", "intercessor.access.YQ==, intercessor.access.YR")
	f.Add("bearer\t", "intercessor.access., ,")
	f.Fuzz(func(t *testing.T, authorization, subprotocols string) {
		request := handshake([]string{authorization}, []string{subprotocols})
		secret, err := admit.Secret(request)
		if err != nil || secret == nil {
			require.Empty(t, secret)
			return
		}
		require.NotEmpty(t, secret)
		require.LessOrEqual(t, len(secret), protocol.MaxSecret)
		inHeader := strings.HasSuffix(strings.TrimRight(authorization, " \t"), string(secret))
		require.True(t, inHeader || strings.Contains(subprotocols, "intercessor.access."+base64.RawURLEncoding.EncodeToString(secret)))
		if _, token, found, err := admit.Credential(request); found && err == nil && inHeader {
			require.NotEqual(t, string(secret), token)
		}
	})
}

// FuzzHash: no hash in a configuration costs more than a guess may.
func FuzzHash(f *testing.F) {
	hash, err := admit.CheapHash("open sesame")
	require.NoError(f, err)
	for _, seed := range []string{
		hash, "", "$argon2id$", "$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=65536,t=0,p=0$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2i$v=19$m=8192,t=1,p=1$AAAA$AAAA", strings.Replace(hash, "v=19", "v=16", 1),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		if _, err := admit.NewPassphrases(someBudget(), hash); err != nil {
			require.Less(t, len(err.Error()), 200, "it quotes nothing")
			return
		}
		cost, salt, sum, err := argon2id.DecodeHash(strings.TrimSpace(hash))
		require.NoError(t, err)
		require.True(t, cost.Memory <= 256<<10 && cost.Iterations >= 1 && cost.Iterations <= 16 && cost.Parallelism >= 1 && cost.Parallelism <= 16)
		require.True(t, len(salt) >= 8 && len(sum) >= 16 && len(sum) <= 64)
	})
}

// FuzzKeyFile: a key file is one key, and what is wrong with it is said without it.
func FuzzKeyFile(f *testing.F) {
	const line = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	for _, seed := range []string{line, "# note\n\n" + line + "\r\n", line + "\n" + line, line[:43], "#" + line, "\xff", line[:20] + "\n" + line[20:]} {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "key")
	f.Fuzz(func(t *testing.T, text string) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		key, err := admit.ReadKey(path)
		if err != nil {
			require.Less(t, len(err.Error()), 300+2*len(path))
			return
		}
		token := admit.NewTokens(key).Sign(server)
		_, err = admit.NewTokens(key).Verify(token, now)
		require.NoError(t, err)
		lines := 0
		for one := range strings.Lines(text) {
			if one = strings.TrimSpace(one); one != "" && one[0] != '#' {
				lines++
				secret, err := base64.StdEncoding.DecodeString(one)
				require.NoError(t, err)
				require.Len(t, secret, 32)
				require.Equal(t, admit.NewTokens(admit.KeyOf([32]byte(secret))).Sign(server), token)
			}
		}
		require.Equal(t, 1, lines)
	})
}
