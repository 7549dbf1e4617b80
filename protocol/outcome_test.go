package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestOutcomeHasMsOnlyWithATime(t *testing.T) {
	for want, o := range map[string]protocol.PathOutcome{
		`{"request":0,"outcome":"relay"}`:                                          {Outcome: "relay"},
		`{"request":0,"outcome":"turn","local":"relay","remote":"relay","ms":700}`: {Outcome: "turn", Local: "relay", Remote: "relay", Milliseconds: 700},
	} {
		require.Equal(t, want, string(protocol.AppendRequest(nil, protocol.TypeRelayOutcome, protocol.Request{Path: &o})))
	}
}
