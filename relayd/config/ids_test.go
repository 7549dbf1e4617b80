package config_test

import (
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/identifier"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/stretchr/testify/require"
)

func TestIDs(t *testing.T) {
	c, _, err := config.Load(nil, nil)
	require.NoError(t, err)
	require.Equal(t, identifier.UUID, c.IDs.Server)
	require.Equal(t, identifier.UUID, c.IDs.Client)
	require.Equal(t, identifier.DefaultWords, c.IDs.Words)
	source, all := c.IDs.Rates()
	require.Equal(t, quota.Rate{Count: 10, Within: time.Minute}, source)
	require.Equal(t, quota.Rate{Count: 100, Within: time.Second}, all)
}

// TestIDsThatCanBeGuessed are refused at the start, unless a client needs more than the ID
// (threat 2).
func TestIDsThatCanBeGuessed(t *testing.T) {
	const says = "the ID of a server then has"
	for _, c := range []struct {
		text, says string
	}{
		{"[ids]\nserver = 'words'", ""},
		{"[ids]\nserver = 'words'\nwords = 5", ""},
		{"[ids]\nserver = 'words'\nwords = 4", ":3: ids.words is 4: " + says + " 51.7 bits and can be guessed; use 5 words or more"},
		{"[ids]\nserver = 'words'\nwords = 3", says + " 38.8 bits"},
		{"[ids]\nserver = 'words'\nwords = 2", "ids.words"},
		{"[ids]\nserver = 'words'\nwords = 7", "ids.words"},
		{"[ids]\nclient = 'words'\nwords = 4", ""},
		{"[ids]\nserver = 'token'\nwords = 3", "is for IDs of words"},
		{"[ids]\nserver = 'guid'", "ids.server"},
		{"[ids]\nserver = 'words'\nwords = 4\n[access]\nauthorize_url = 'https://a.example/'", ""},
		{"[ids]\nserver = 'words'\nwords = 4\n[access]\njwks_url = 'https://a.example/'\njwt_issuer = 'a'\njwt_audience = 'b'", ""},
		{"[ids]\nserver = 'words'\nwords = 4\n[access]\nclient_passphrase_hashes = ['" + aHash + "']", ""},
		{"[ids]\nserver = 'words'\nwords = 4\n[access]\nserver_passphrase_hashes = ['" + aHash + "']", says},
		{"[ids]\nwrong_of_source = 0", "ids.wrong_of_source"},
		{"[ids]\nwrong_of_all = -1", "ids.wrong_of_all"},
	} {
		_, _, err := config.Load([]string{"--config", file(t, c.text+"\n")}, nil)
		if c.says == "" {
			require.NoError(t, err, c.text)
		} else {
			require.ErrorContains(t, err, c.says, c.text)
		}
	}
}

// TestReloadKeepsIDsUnguessable: what clients need cannot be taken away while IDs rely on it.
func TestReloadKeepsIDsUnguessable(t *testing.T) {
	runs, was := loaded(t, "[ids]\nserver = 'words'\nwords = 4\n[access]\nauthorize_url = 'https://a.example/'\n")
	next, is := loaded(t, "[ids]\nserver = 'uuid'\nwords = 6\n[access]\nauthorize_url = ''\n")
	_, _, _, err := runs.Reload(next, was, is)
	require.ErrorContains(t, err, "access.authorize_url became empty")
	next, is = loaded(t, "[ids]\nserver = 'token'\nwords = 6\nwrong_of_source = 3\nwrong_of_all = 4\n[access]\nauthorize_url = 'https://a.example/'\n")
	merged, changed, waiting, err := runs.Reload(next, was, is)
	require.NoError(t, err)
	require.Equal(t, []string{"ids.wrong_of_source", "ids.wrong_of_all"}, changed)
	require.Subset(t, waiting, []string{"ids.server", "ids.words"})
	require.Equal(t, 3, merged.IDs.WrongOfSource)
}

// aHash is that of some passphrase.
const aHash = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"
