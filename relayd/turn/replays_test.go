package turn

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReplaysAreBounded: the oldest is forgotten first.
func TestReplaysAreBounded(t *testing.T) {
	r, now := newReplays(), time.Now()
	here, there := netip.MustParseAddrPort("198.18.0.1:1"), netip.MustParseAddrPort("198.18.0.2:1")
	integrity := func(i int) []byte { return binary.BigEndian.AppendUint64(make([]byte, 12), uint64(i)) }
	const more = 10
	for i := range maxReplays + more {
		require.True(t, r.isFirst(integrity(i), here, now))
	}
	require.Len(t, r.seen, maxReplays)
	require.False(t, r.isFirst(integrity(more), there, now))
	require.True(t, r.isFirst(integrity(more-1), there, now))
}
