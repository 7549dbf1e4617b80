//go:build !js

package sdk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// The script's relay sends servers in HELLO, and others when it receives "renew".
func TestICEServersAreTheRelaysUntilTheApplicationNamesSome(t *testing.T) {
	url := relay(t, "v1-ice") + "/client/other"
	told := []sdk.ICEServer{{URLs: []string{"stun:stun.example"}}, {URLs: []string{"turn:turn.example"}, Username: "u1", Credential: "c1"}}

	c, err := sdk.Dial(within(t), url, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	servers, expires := c.ICEServers()
	require.Equal(t, told, servers, "what this peer cannot use is left out")
	require.WithinDuration(t, time.Now().Add(600*time.Second), expires, 20*time.Second)

	for _, own := range [][]sdk.ICEServer{{}, {{URLs: []string{"stun:own.example"}}}} {
		c, err := sdk.Dial(within(t), url, &sdk.Options{ICEServers: own})
		require.NoError(t, err)
		servers, expires := c.ICEServers()
		require.Equal(t, own, servers)
		require.Zero(t, expires)
		require.NoError(t, c.Close())
	}
}
