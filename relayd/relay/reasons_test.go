package relay_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestEveryReasonIsListed: one that is missing in the list would be counted and never shown.
func TestEveryReasonIsListed(t *testing.T) {
	reasons := func(file, kind string) (all []string) {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`(?m)^\t\w+ +`+kind+` = "(\S+)"`).FindAllStringSubmatch(string(source), -1) {
			all = append(all, found[1])
		}
		require.NotEmpty(t, all)
		return all
	}
	var drops, refusals []string
	for _, d := range relay.Drops {
		drops = append(drops, string(d))
	}
	for _, r := range relay.Refusals {
		refusals = append(refusals, string(r))
	}
	require.Equal(t, reasons("stats.go", "Drop"), drops)
	require.Equal(t, reasons("refusal.go", "Refusal"), refusals)
}
