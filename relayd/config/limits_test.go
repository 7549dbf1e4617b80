package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
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
			require.True(t, k.Default == "true" || k.Min+k.Max != "", "%s has bounds", k.Name)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (\\S+) \\|").FindAllStringSubmatch(string(text), -1) {
		got = append(got, row[1]+" "+row[2])
	}
	require.Equal(t, want, got)
}

// TestLimitsReachTheRelay: each limit that SIGHUP changes is the relay's of the same name.
func TestLimitsReachTheRelay(t *testing.T) {
	var c config.Limits
	set := reflect.ValueOf(&c).Elem()
	for i := range set.NumField() {
		if f := set.Field(i); f.CanInt() {
			f.SetInt(int64(i + 1))
		}
	}
	relays := reflect.ValueOf(c.Reloadable())
	for i := range relays.NumField() {
		name := relays.Type().Field(i).Name
		require.Equal(t, set.FieldByName(name).Int(), relays.Field(i).Int(), name)
	}
}
