//go:build !js

package rtc

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSocketsFollowTheAddresses: an address that comes back has its socket again, one that
// stays away loses it, and nothing is left at the end.
func TestSocketsFollowTheAddresses(t *testing.T) {
	var s sockets
	one, two := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	start := time.Now()
	s.update([]netip.Addr{one, two}, start)
	require.Len(t, s.byAddr, 2)
	kept := s.byAddr[two]

	s.update([]netip.Addr{one}, start.Add(time.Hour)) // the first look after it has gone
	s.update([]netip.Addr{one}, start.Add(time.Hour+keepGone-1))
	s.update([]netip.Addr{one, two}, start.Add(time.Hour+keepGone))
	require.Same(t, kept, s.byAddr[two])
	require.False(t, kept.IsClosed())

	s.update([]netip.Addr{one}, start.Add(2*time.Hour))
	s.update([]netip.Addr{one}, start.Add(2*time.Hour+keepGone))
	require.Len(t, s.byAddr, 1)
	require.True(t, kept.IsClosed())
	_, err := s.GetConn("fragment", kept.LocalAddr())
	require.Error(t, err)

	require.NoError(t, s.Close())
	require.Empty(t, s.GetListenAddresses())
	require.Empty(t, s.byAddr)
}
