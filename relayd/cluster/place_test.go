package cluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// newIdle returns a node that has not started, with a relay without rooms.
func newIdle(t *testing.T) *Node {
	t.Helper()
	n := &Node{
		relay:  relay.New(relay.Config{Tokens: resume.NewTokens(resume.NewKey()), Window: time.Minute}),
		places: make(map[string]*place), behind: make(map[*place]struct{}), watched: make(map[string]time.Time),
	}
	n.life, n.stop = context.WithCancel(t.Context())
	t.Cleanup(func() {
		n.stop()
		n.running.Wait()
		_ = n.relay.Shutdown(context.Background())
	})
	return n
}

// TestEndWithoutTurn: while a write of a room's claim hangs, the room's end is not waited for. Peers
// that come back do not wait either, and the claim is deleted later.
func TestEndWithoutTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newIdle(t)
		hangs := n.take(n.life, "room")
		require.Equal(t, protocol.CodeServerAway, <-n.End("room"))
		ctx, cancel := context.WithTimeout(n.life, visitWithin)
		defer cancel()
		_, here := n.here(ctx, "room")
		require.False(t, here)
		require.NoError(t, ctx.Err(), "it has waited")
		require.Contains(t, n.behind, hangs)
		n.release(hangs)
		require.Contains(t, n.places, keyOf("room"), "it is settled later")
	})
}

// TestWatchesEnd: a room is watched as long as clients wait in it or may just enter it, also when a
// client comes while the watch for an earlier one is about to end.
func TestWatchesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newIdle(t)
		n.watched[keyOf("room")] = time.Now()
		time.Sleep(lookEvery - 1)
		n.watch("room") // a watch is there
		time.Sleep(lookEvery - 1)
		require.True(t, n.awaits("room"))
		time.Sleep(lookEvery)
		require.False(t, n.awaits("room"))
		require.Empty(t, n.watched, "the next client begins a watch")
	})
}
