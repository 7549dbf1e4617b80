package directory_test

import (
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/stretchr/testify/require"
)

// claimSoon claims a room that the node may have claimed already without knowing it.
func (n *node) claimSoon(t *testing.T, room string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *collect) {
		view, _, err := n.Lookup(t.Context(), room)
		require.NoError(c, err)
		_, err = n.Claim(t.Context(), n.claim(room), view.Revision)
		require.NoError(c, err)
	}, patience, 10*time.Millisecond)
}

// TestLeaderKilled: two members of three go on, with what was written before, and leases hold.
func TestLeaderKilled(t *testing.T) {
	t.Parallel()
	members := etcdtest.StartThree(t)
	a, b := join(t, "a", 1, etcdtest.Endpoints(members)), join(t, "b", 2, etcdtest.Endpoints(members))
	revision := a.mustClaim(t, "room")
	etcdtest.Leader(t, members).Kill()
	a.claimSoon(t, "after")
	view, _ := b.look(t, "room")
	require.Equal(t, revision, view.Revision)
	require.True(t, view.Instances[a.self].Alive)
	view, _ = b.look(t, "after")
	require.Equal(t, a.self, view.Claim.Home)
}

// TestMemberPaused: while one member hangs, lookups are answered by the others within their bound.
func TestMemberPaused(t *testing.T) {
	t.Parallel()
	members := etcdtest.StartThree(t)
	a := join(t, "a", 1, etcdtest.Endpoints(members))
	a.mustClaim(t, "room")
	leader := etcdtest.Leader(t, members)
	for _, m := range members {
		if m != leader {
			m.Pause()
			break
		}
	}
	for range 30 {
		view, _ := a.look(t, "room")
		require.NotZero(t, view.Revision)
	}
	a.claimSoon(t, "after")
}

// TestNoQuorum: without a quorum nothing is known and nothing is written; with it all is as it was.
func TestNoQuorum(t *testing.T) {
	t.Parallel()
	members := etcdtest.StartThree(t)
	a := join(t, "a", 1, etcdtest.Endpoints(members))
	revision := a.mustClaim(t, "room")
	members[0].Kill()
	members[1].Kill()
	_, _, err := a.Lookup(t.Context(), "room")
	require.Error(t, err)
	_, err = a.Claim(t.Context(), a.claim("room"), revision)
	require.ErrorIs(t, err, directory.ErrUnknown)
	require.False(t, a.next(t).Sure)

	members[0].Start()
	members[0].Wait()
	require.True(t, a.next(t).Sure)
	view, _ := a.look(t, "room")
	require.Equal(t, a.self, view.Claim.Home)
	a.claimSoon(t, "room")
}
