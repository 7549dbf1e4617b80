package config_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

// loaded reads a file that is the same file each time.
func loaded(t *testing.T, text string, args ...string) (*config.Config, config.Sources) {
	t.Helper()
	c, sources, err := config.Load(append([]string{"--config", file(t, text)}, args...), nil)
	require.NoError(t, err)
	c.File = ""
	return c, sources
}

func TestReload(t *testing.T) {
	old, was := loaded(t, "drain = '1s'\norigins = ['https://a.example']\n")
	next, is := loaded(t, "drain = '2s'\norigins = ['https://b.example']\n[log]\nlevel = 'warn'\n")
	merged, changed, waiting, err := old.Reload(next, was, is)
	require.NoError(t, err)
	require.Equal(t, []string{"origins", "log.level"}, changed)
	require.Equal(t, []string{"drain"}, waiting)
	require.Equal(t, []string{"https://b.example"}, merged.Origins)
	require.Equal(t, slog.LevelWarn, merged.Log.Level)
	require.Equal(t, time.Second, merged.Drain, "it runs on with what it has")
	require.Equal(t, []string{"https://a.example"}, old.Origins, "the old one is as it was")

	_, changed, waiting, err = merged.Reload(merged, is, is)
	require.NoError(t, err)
	require.Empty(t, changed)
	require.Empty(t, waiting)

	_, _, waiting, err = merged.Reload(next, is, is)
	require.NoError(t, err)
	require.Equal(t, []string{"drain"}, waiting, "as long as it waits, it is named")
}

// TestReloadTakesNothingBack: what the file has set must be there, and what restricts who
// may come in must not be empty.
func TestReloadTakesNothingBack(t *testing.T) {
	const text = "origins = ['https://a.example']\ndrain = '1s'\n[access]\nserver_passphrase_hashes = ['" + aHash + "']\nauthorize_url = 'https://a.example'\n[limits]\nrooms = 5\n"
	for _, c := range []struct{ next, says string }{
		{"# nothing\n", "the file no longer sets origins, drain, access.server_passphrase_hashes, access.authorize_url, limits.rooms; "},
		{strings.Replace(text, "drain = '1s'\n", "", 1), "the file no longer sets drain; a file that was cut looks the same"},
		{strings.Replace(text, "'"+aHash+"'", "", 1), "access.server_passphrase_hashes became empty, which would let more peers in"},
		{strings.Replace(text, "https://a.example'\n[limits]", "'\n[limits]", 1), "access.authorize_url became empty"},
		{strings.Replace(text, "'https://a.example'", "", 1), ""},
		{strings.Replace(text, "rooms = 5", "rooms = 100000", 1), ""},
		{text + "away = 3\n", ""},
	} {
		old, was := loaded(t, text)
		next, is := loaded(t, c.next)
		_, _, _, err := old.Reload(next, was, is)
		if c.says == "" {
			require.NoError(t, err, c.next)
			continue
		}
		require.ErrorContains(t, err, c.says)
	}

	old, was := loaded(t, "drain = '1s'\n", "--drain", "2s")
	next, is := loaded(t, "# nothing\n", "--drain", "2s")
	_, _, _, err := old.Reload(next, was, is)
	require.NoError(t, err, "the flag counts, and is still there")
}

// TestFileThatMayHaveBeenCut does not even start a relay.
func TestFileThatMayHaveBeenCut(t *testing.T) {
	for text, says := range map[string]string{
		"":                         "is empty, so it may have been cut",
		"drain = '1s'":             "does not end with a line break, so it may have been cut",
		"[limits]\nrooms = 10":     "does not end with a line break",
		"drain = '1s'\n# a commen": "does not end with a line break",
	} {
		_, _, err := config.Load([]string{"--config", file(t, text)}, nil)
		require.ErrorContains(t, err, says, "%q", text)
	}
	_, sources := loaded(t, "drain = '1s'\r\n")
	require.NotEqual(t, "default", sources["drain"])
}
