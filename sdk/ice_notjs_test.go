//go:build !js

package sdk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// The script's relay sends servers in HELLO.
func TestICEServersAreTheApplicationsAndTheRelays(t *testing.T) {
	url := relay(t, "v1-ice") + "/client/other"
	told := []sdk.ICEServer{{URLs: []string{"stun:stun.example"}}, {URLs: []string{"turn:turn.example"}, Username: "u1", Credential: "c1"}}

	c, err := sdk.Dial(within(t), url, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	servers, expires := c.ICEServers()
	require.Equal(t, told, servers, "what this peer cannot use is left out")
	require.WithinDuration(t, time.Now().Add(600*time.Second), expires, 20*time.Second)

	own := []sdk.ICEServer{{URLs: []string{"stun:own.example"}}}
	both, err := sdk.Dial(within(t), url, &sdk.Options{ICEServers: own})
	require.NoError(t, err)
	defer func() { require.NoError(t, both.Close()) }()
	servers, expires = both.ICEServers()
	require.Len(t, servers, 3)
	require.Equal(t, told[0], servers[0])
	require.Equal(t, told[1].URLs, servers[1].URLs, "the script may have renewed the credential")
	require.Equal(t, own[0], servers[2])
	require.NotZero(t, expires)

	for _, own := range [][]sdk.ICEServer{nil, own} {
		c, err := sdk.Dial(within(t), url, &sdk.Options{ICEServers: own, OnlyOwnICEServers: true})
		require.NoError(t, err)
		servers, expires := c.ICEServers()
		require.Equal(t, own, servers)
		require.Zero(t, expires)
		require.NoError(t, c.Close())
	}
}
