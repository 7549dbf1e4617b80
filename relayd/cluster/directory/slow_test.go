package directory_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestSlow: an etcd that takes less than a lookup may is used as any other.
func TestSlow(t *testing.T) {
	for _, trip := range []time.Duration{300 * time.Millisecond, 400 * time.Millisecond} {
		t.Run(trip.String(), func(t *testing.T) {
			t.Parallel()
			member, endpoints := one(t)
			way := newCable(t, member.Address())
			a, b := join(t, "a", 1, []string{way.endpoint()}), join(t, "b", 2, endpoints)
			way.slow(trip)
			revision := a.mustClaim(t, "room")
			view, _ := a.look(t, "room")
			require.Equal(t, revision, view.Revision)
			view, _ = b.look(t, "room")
			require.Equal(t, a.self, view.Claim.Home)
			require.NoError(t, a.Fence(within(t, patience)))
			err := a.Delete(within(t, patience), "room", revision)
			require.NoError(t, err)
		})
	}
}

// TestVerySlow: the leases hold while each answer takes two seconds, although no lookup succeeds.
func TestVerySlow(t *testing.T) {
	t.Parallel()
	member, endpoints := one(t)
	way := newCable(t, member.Address())
	a := join(t, "a", 1, []string{way.endpoint()})
	foreign := stranger(t, endpoints...)
	way.slow(2 * time.Second)
	lease := func(mark string) int64 {
		got, err := foreign.Get(within(t, patience), "test/nodes/a/0000000000000001/"+mark)
		require.NoError(t, err)
		require.Len(t, got.Kvs, 1, mark)
		left, err := foreign.TimeToLive(within(t, patience), clientv3.LeaseID(got.Kvs[0].Lease))
		require.NoError(t, err)
		return left.GrantedTTL - left.TTL
	}
	_, _, err := a.Lookup(t.Context(), "room")
	require.Error(t, err)
	for end := time.Now().Add(18 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		require.Less(t, lease("alive"), int64(10))
		require.Less(t, lease("recent"), int64(15))
	}
	require.Empty(t, a.changes, "it stays sure")
	way.slow(0)
	_, _ = a.look(t, "room")
}
