//go:build !js

package rtc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// TestAllocationsAreGivenBack: of both sides, when the direct pair has been selected for a while. A
// restart makes others.
func TestAllocationsAreGivenBack(t *testing.T) {
	for _, transport := range []string{"UDP", "TCP"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			turn, named, tcp := startTURN(t, "127.0.0.1")
			if transport == "TCP" {
				named = tcp
			}
			allocated := func(n int) {
				t.Helper()
				require.Eventually(t, func() bool { return turn.AllocationCount() == n }, 2*time.Minute, time.Millisecond)
			}
			p := &pair{}
			options := rtc.Options{ICEServers: []rtc.ICEServer{named}}
			there := options
			options.Offer, options.Signal, there.Signal = true, p.wire(&p.answering), p.wire(&p.offering)
			p.offering, p.answering = rtc.New(options), rtc.New(there)
			for _, peer := range []*rtc.Peer{p.offering, p.answering} {
				peer.Start()
				t.Cleanup(func() { require.NoError(t, peer.Close()) })
			}
			opened, accepted := open(t, p.offering, p.answering, "direct")
			allocated(2)
			require.False(t, p.offering.Pair().TURN())
			allocated(0)
			sendText(t, opened, "still here")
			wantText(t, accepted, "still here")

			p.offering.Restart()
			allocated(2)
			sendText(t, accepted, "and here")
			wantText(t, opened, "and here")
		})
	}
}
