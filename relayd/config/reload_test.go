package config_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

func TestReload(t *testing.T) {
	load := func(text string) *config.Config {
		c, _, err := config.Load([]string{"--config", file(t, text)}, nil)
		require.NoError(t, err)
		c.File = ""
		return c
	}
	old := load("drain = '1s'\norigins = ['https://a.example']\n")
	merged, changed, waiting, err := old.Reload(load("drain = '2s'\norigins = ['https://b.example']\n[log]\nlevel = 'warn'\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"origins", "log.level"}, changed)
	require.Equal(t, []string{"drain"}, waiting)
	require.Equal(t, []string{"https://b.example"}, merged.Origins)
	require.Equal(t, slog.LevelWarn, merged.Log.Level)
	require.Equal(t, time.Second, merged.Drain, "it runs on with what it has")
	require.Equal(t, []string{"https://a.example"}, old.Origins, "the old one is as it was")

	_, changed, waiting, err = merged.Reload(merged)
	require.NoError(t, err)
	require.Empty(t, changed)
	require.Empty(t, waiting)

	_, _, waiting, err = merged.Reload(load("drain = '2s'\norigins = ['https://b.example']\n[log]\nlevel = 'warn'\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"drain"}, waiting, "as long as it waits, it is named")
}
