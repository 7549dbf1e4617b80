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

// TestOpenBeforeTheEventOfTheEnd: an application may know of the end before its event comes. The
// error says that the path is over, as it does after the event.
func TestOpenBeforeTheEventOfTheEnd(t *testing.T) {
	for name, ends := range map[string]func(p *pair) *rtc.Peer{
		"here":  func(p *pair) *rtc.Peer { return p.offering },
		"there": func(p *pair) *rtc.Peer { return p.answering },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			a, _ := open(t, p.offering, p.answering, "first")
			pc, err := p.offering.PeerConnection()
			require.NoError(t, err)
			pc.SCTP().OnClose(func(error) {}) // the event never comes
			closed, err := ends(p).PeerConnection()
			require.NoError(t, err)
			require.NoError(t, closed.Close())
			_, err = a.Receive(within(t))
			require.Error(t, err)
			_, err = p.offering.OpenChannel(within(t), "late")
			require.ErrorIs(t, err, rtc.ErrPathClosed)
		})
	}
}
