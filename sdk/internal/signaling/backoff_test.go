package signaling

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestWaitsGrowAndAreSpreadOut(t *testing.T) {
	most := []time.Duration{1, 2, 4, 8, 16, 20, 20, 20}
	for range 200 {
		var b backoff
		for _, seconds := range most {
			wait := b.next(nil)
			require.GreaterOrEqual(t, wait, 200*time.Millisecond)
			require.Less(t, wait, seconds*time.Second)
		}
	}
}

// A relay that restarts is soon back, or another takes its place, and one that has only sent a peer
// away to come again is there. One that says so again and again is not.
func TestWaitsGrowOnlyAfterFiveRequestsToComeAgain(t *testing.T) {
	for _, code := range []protocol.Code{protocol.CodeRestarting, protocol.CodeRenew} {
		again := &RelayError{Code: code}
		b := backoff{attempts: 3}
		for range 2 {
			for range 5 {
				require.Less(t, b.next(again), time.Second)
			}
			require.Equal(t, 3, b.attempts)
			b.next(&RelayError{Code: protocol.CodeServerAway})
			require.Equal(t, 4, b.attempts, "as after any other close")
			b.attempts = 3
		}
		b = backoff{}
		for range 5 {
			b.next(again)
		}
		for attempts := range 8 {
			require.Equal(t, attempts, b.attempts)
			b.next(again)
		}
		longest := time.Duration(0)
		for range 200 {
			longest = max(longest, b.next(again))
		}
		require.Greater(t, longest, 10*time.Second)
	}
}

func TestSecondsInAReason(t *testing.T) {
	for reason, want := range map[string]time.Duration{
		"":                              0,
		"busy":                          0,
		"busy (3 s)":                    3 * time.Second,
		"too many from you (x) (120 s)": 2 * time.Minute,
		"(3 s)":                         0,
		"busy (3 s) more":               0,
		"busy (-3 s)":                   0,
		"busy (3.5 s)":                  0,
		"busy ( s)":                     0,
		"busy (4294967295 s)":           time.Hour,
		"busy (99999999999999999999 s)": 0,
	} {
		require.Equal(t, want, toldWait(reason), reason)
	}
}
