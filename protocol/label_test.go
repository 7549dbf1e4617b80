package protocol_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestIsLabelI7(t *testing.T) {
	for _, network := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"} {
		prefix := netip.MustParsePrefix(network)
		for at := prefix.Addr(); prefix.Contains(at); at = at.Next() {
			require.True(t, protocol.IsLabel(at.String()), at)
		}
		before := prefix.Addr().Prev()
		require.False(t, protocol.IsLabel(before.String()), before)
	}
	for _, other := range []string{"", "192.0.2.", "192.0.3.0", "192.0.20.1", "198.51.101.0", "203.0.114.0", "10.0.0.1", "2001:db8::1"} {
		require.False(t, protocol.IsLabel(other), other)
	}
}
