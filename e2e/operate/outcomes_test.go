package operate_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// TestOutcomesAreCounted: the relay counts how two peers met, as the client tells it, and nothing of
// a client that hides it.
func TestOutcomesAreCounted(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--admin-listen", "127.0.0.1:0", "--turn-enabled")
	counted := func(lines ...string) func() bool {
		return func() bool {
			_, text := ask(t, http.DefaultClient, "GET", adminOf(t, relay)+"/metrics", "")
			for _, line := range lines {
				if !strings.Contains(text, line+"\n") {
					return false
				}
			}
			return true
		}
	}
	meets := func(forServer, forClient *sdk.Options, connects bool) {
		ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", forServer)
		require.NoError(t, err)
		defer func() { require.NoError(t, ln.Close()) }()
		client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), forClient)
		require.NoError(t, err)
		sdkpeer.Accept(t, ln)
		_, err = client.OpenChannel(patience.Context(t), "any")
		require.Equal(t, connects, err == nil, err)
		require.NoError(t, client.Close())
	}
	meets(nil, &sdk.Options{HideOutcomes: true}, true)
	require.True(t, counted(`relayd_path_outcomes_total{outcome="direct"} 0`, `relayd_path_outcomes_total{outcome="failed"} 0`)())

	meets(nil, nil, true) // a Conn that is closed tells at once
	require.Eventually(t, counted(`relayd_path_outcomes_total{outcome="direct"} 1`, `relayd_path_seconds_count 1`), patience.Max, 10*time.Millisecond)
	only := &sdk.Options{RelayOnly: true}
	meets(only, only, true)
	require.Eventually(t, counted(`relayd_path_outcomes_total{outcome="turn"} 1`, `relayd_path_pairs_total{local="relay",remote="relay"} 1`), patience.Max, 10*time.Millisecond)
	meets(nil, &sdk.Options{RelayOnly: true, OnlyOwnICEServers: true}, false)
	require.Eventually(t, counted(`relayd_path_outcomes_total{outcome="failed"} 1`, `relayd_path_outcomes_total{outcome="relay"} 0`), patience.Max, 10*time.Millisecond)

	// Nothing but the SDK has looked for this path.
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, ln.Close()) }()
	client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), &sdk.Options{RelayOnly: true, OnlyOwnICEServers: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	sdkpeer.Accept(t, ln)
	require.Eventually(t, counted(`relayd_path_outcomes_total{outcome="relay"} 1`), patience.Max, 10*time.Millisecond)
}
