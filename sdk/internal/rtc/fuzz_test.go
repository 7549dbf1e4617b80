//go:build !js

package rtc

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzDescription: an offer, answer or candidate is accepted only if encoding/json reads the
// same values in it.
func FuzzDescription(f *testing.F) {
	for _, seed := range []string{
		`{"type":"offer","sdp":"v=0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"}`, `{"type":"answer","sdp":"\ud800"}`, `{"type":"offer","sdp":"a=candidate:\n\na=candidate:"}`,
		`{"candidate":"candidate:1","sdpMid":"0"}`, `null`, `{"candidate":""}`, `{"candidate":null}`, `{"type":"offer","type":"offer","sdp":""}`, ``, "[[",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		var fields map[string]json.RawMessage
		for _, typ := range []string{"OFFER", "ANSWER"} {
			lines, err := checkDescription(typ, message)
			if err != nil {
				require.Empty(t, lines)
				continue
			}
			var kind string
			require.NoError(t, json.Unmarshal(message, &fields))
			require.NoError(t, json.Unmarshal(fields["type"], &kind))
			require.Equal(t, strings.ToLower(typ), kind)
			for _, line := range lines {
				require.True(t, strings.HasPrefix(line, "candidate:"))
				require.NotContains(t, line, "\n")
			}
		}
		if line, err := candidateLine(message); err == nil && line != "" {
			var got string
			require.NoError(t, json.Unmarshal(message, &fields))
			require.NoError(t, json.Unmarshal(fields["candidate"], &got))
			if read, err := readCandidate(line); err == nil {
				again, err := readCandidate(read)
				require.NoError(t, err)
				require.Equal(t, read, again)
			}
		}
	})
}
