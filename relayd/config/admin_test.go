package config_test

import (
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

// TestAdminThatOthersReachNeedsAToken: what shows and ends everything is not open by mistake.
func TestAdminThatOthersReachNeedsAToken(t *testing.T) {
	for _, listen := range []string{"127.0.0.1:9090", "127.9.9.9:9090", "[::1]:9090", "localhost:9090"} {
		_, _, err := config.Load([]string{"--admin-listen", listen}, nil)
		require.NoError(t, err, listen)
	}
	for _, listen := range []string{":9090", "0.0.0.0:9090", "[::]:9090", "192.0.2.1:9090", "relay.example:9090", "localhost.example:1"} {
		_, _, err := config.Load([]string{"--admin-listen", listen}, nil)
		require.ErrorContains(t, err, "--admin-listen can be reached by other machines: it needs --admin-token-file", listen)
		_, _, err = config.Load([]string{"--admin-listen", listen, "--admin-token-file", "token"}, nil)
		require.NoError(t, err, listen)
	}
	for _, listen := range []string{"9090", "127.0.0.1"} {
		_, _, err := config.Load([]string{"--admin-listen", listen}, nil)
		require.ErrorContains(t, err, "must be an address with a port", listen)
	}
	_, _, err := config.Load([]string{"--admin-token-file", "token"}, nil)
	require.ErrorContains(t, err, "--admin-token-file is for the listener of --admin-listen, of which there is none")
	c, _, err := config.Load(nil, nil)
	require.NoError(t, err)
	require.Empty(t, c.Admin.Listen)
}
