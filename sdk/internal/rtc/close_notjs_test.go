//go:build !js

package rtc_test

import (
	"context"
	"testing"
	"time"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
	"github.com/stretchr/testify/require"
)

// TestCloseWaitsForChannelsAsLongAsItsContext. (A browser buffers more than this test sends.)
func TestCloseWaitsForChannelsAsLongAsItsContext(t *testing.T) {
	p := newPair(t)
	a, _ := open(t, p.offering, p.answering, "not received from")
	full, cancel := context.WithCancel(t.Context())
	defer cancel()
	sent := 0
	for note := make([]byte, rtc.MaxMessage); sent < 200; sent++ {
		late := time.AfterFunc(time.Second, cancel) // the window is full, so the rest of the messages waits
		err := a.Send(full, note)
		late.Stop()
		if err != nil {
			break
		}
	}
	require.Less(t, sent, 200)
	begun := time.Now()
	require.NoError(t, p.offering.CloseContext(full))
	require.Less(t, time.Since(begun), 9*time.Second) // without ctx, draining takes 10
}
