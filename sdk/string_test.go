package sdk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

func TestStringsTellTheTruthForEachValue(t *testing.T) {
	for state, text := range map[sdk.State]string{
		sdk.Connecting: "connecting", sdk.Connected: "connected", sdk.Reconnecting: "reconnecting", sdk.Closed: "closed",
		sdk.Closed + 1: "State(4)", 255: "State(255)",
	} {
		require.Equal(t, text, state.String())
	}
	for result, text := range map[sdk.Result]string{
		0: "not known yet", sdk.Delivered: "delivered", sdk.Refused: "refused", sdk.Unknown: "unknown", sdk.Unknown + 1: "Result(4)",
	} {
		require.Equal(t, text, result.String())
	}
}
