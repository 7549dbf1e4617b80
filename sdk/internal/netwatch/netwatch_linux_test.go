package netwatch_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sebas642/intercessor/sdk/internal/netns"
	"github.com/sebas642/intercessor/sdk/internal/netwatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Each of two learns what addresses there are, of one that comes and of one that goes, until it
// stops.
func TestWatch(t *testing.T) {
	if !netns.Isolated(t) {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	addr := netip.MustParseAddr("10.0.0.1")
	follow := func() (next func() bool, stop func()) {
		told := make(chan netwatch.Addresses, 10)
		stop = netwatch.Watch(func(a netwatch.Addresses) { told <- a })
		return func() bool {
			select {
			case a := <-told:
				return a.Has(addr)
			case <-ctx.Done():
				t.Fatal("no change was noticed")
				return false
			}
		}, stop
	}
	first, stopFirst := follow()
	defer stopFirst()
	require.False(t, first())
	second, stopSecond := follow()
	defer stopSecond()
	require.False(t, second())

	netns.Run(t, "ip addr add 10.0.0.1/24 dev lo")
	require.True(t, first())
	require.True(t, second())
	stopFirst()
	netns.Run(t, "ip addr del 10.0.0.1/24 dev lo")
	require.False(t, second())
	stopSecond()

	again, stopAgain := follow()
	defer stopAgain()
	require.False(t, again())
	netns.Run(t, "ip addr add 10.0.0.1/24 dev lo")
	require.True(t, again())
}
