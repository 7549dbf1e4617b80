package directory_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestSize: 100,000 rooms take at most 50 MB in etcd, with IDs and names of nodes of usual lengths.
func TestSize(t *testing.T) {
	t.Parallel()
	const count, most = 5000, 50_000_000 / 100_000
	member, endpoints := one(t)
	a := join(t, "frankfurt-12", 1<<63, endpoints)
	foreign := stranger(t, endpoints...)
	size := func() int64 {
		_, at := a.look(t, "room")
		_, err := foreign.Compact(within(t, patience), at, clientv3.WithCompactPhysical()) // until it is in the file
		require.NoError(t, err)
		status, err := foreign.Status(within(t, patience), member.Endpoint())
		require.NoError(t, err)
		return status.DbSizeInUse
	}
	a.mustClaim(t, "first")
	before := size()
	claimAll(t, a, "correct-horse-battery-staple-", count)
	perRoom := (size() - before) / count
	t.Logf("%d bytes per room", perRoom)
	require.Greater(t, perRoom, int64(100), "less than its claim: the measurement is wrong")
	require.LessOrEqual(t, perRoom, int64(most))
}
