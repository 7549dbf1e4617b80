//go:build !js

package rtc

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/stretchr/testify/require"
)

// TestCandidatesThatBrowsersTake: e2e/browser.TestChromiumTakesTheSameCandidates checks the
// table against Chromium. This side may accept more.
func TestCandidatesThatBrowsersTake(t *testing.T) {
	text, err := os.ReadFile("testdata/candidates.json")
	require.NoError(t, err)
	var table []struct {
		Name    string
		Init    json.RawMessage
		Used    bool   // by Chromium
		NotInGo string // why Go does not use it
	}
	require.NoError(t, json.Unmarshal(text, &table))
	require.Greater(t, len(table), 100)
	for _, row := range table {
		line, err := candidateLine(row.Init)
		if err == nil {
			line, err = readCandidate(line)
		}
		if err == nil {
			_, err = ice.UnmarshalCandidate(line)
		}
		if row.NotInGo != "" {
			require.Error(t, err, row.Name)
		} else if row.Used {
			require.NoError(t, err, row.Name)
		}
	}
}
