package signaling_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/sdktest"
)

// A page cannot tell a handshake that was cut from a relay that does not speak
// intercessor.v1. The cut must not cost it the promise of delivery.
func TestSessionOfV1AfterCutHandshakes(t *testing.T) {
	for _, script := range []string{"v1-unopened", "v1-unopened-twice"} {
		t.Run(script, func(t *testing.T) {
			dialV1(t, visit(t, script, asClient), nil)
		})
	}
}

func TestSessionOfAnOlderRelay(t *testing.T) {
	s, err := sdktest.Dial(within(t), server(t)+"/echo/client/other", nil)
	require.NoError(t, err)
	defer s.Close()
	require.False(t, s.Durable())
}
