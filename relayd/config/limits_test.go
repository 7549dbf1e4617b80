package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/units"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestTableOfLimits: docs/limits.md has every key of [limits], in order, with its default.
func TestTableOfLimits(t *testing.T) {
	text, err := os.ReadFile("../../docs/limits.md")
	require.NoError(t, err)
	var want, got []string
	for _, k := range config.Keys() {
		if bare, ok := strings.CutPrefix(k.Name, "limits."); ok {
			want = append(want, bare+" "+k.Default)
			require.NotEmpty(t, k.Min+k.Max, "%s has bounds", k.Name)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (\\S+) \\|").FindAllStringSubmatch(string(text), -1) {
		got = append(got, row[1]+" "+row[2])
	}
	require.Equal(t, want, got)
}

// TestLimitsAreThoseOfTheRelay: who mounts the relay in a program of his own gets the same
// defaults.
func TestLimitsAreThoseOfTheRelay(t *testing.T) {
	c, _, err := config.Load(nil, nil)
	require.NoError(t, err)
	require.Equal(t, relay.Limits{}.WithDefaults(), c.Limits.Reloadable())
	require.Equal(t, units.Base2Bytes(256<<10), c.Limits.OutboxBytes)
	require.Equal(t, 1000, c.Limits.OutboxMessages)
	require.Equal(t, units.Base2Bytes(64<<20), c.Limits.WaitingBytes)
}
