package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestSize: 100,000 rooms take at most 50 MB in etcd, with IDs and names of nodes of usual lengths,
// and an update of each in etcd's history.
func TestSize(t *testing.T) {
	const count, most = 5000, 50_000_000 / 100_000
	member, endpoints := one(t)
	a := join(t, "frankfurt-12", 1<<63, endpoints)
	foreign := stranger(t, endpoints...)
	size := func() int64 {
		status, err := foreign.Status(within(t, patience), member.Endpoint())
		require.NoError(t, err)
		return status.DbSizeInUse
	}
	before := size()
	for _, room := range claimAll(t, a, "correct-horse-battery-staple-", count)[:1] {
		view, _ := a.look(t, protocol.RoomKey(room))
		require.NotNil(t, view.Claim)
	}
	var perRoom int64
	require.Eventually(t, func() bool { // etcd writes its file every 100 ms
		perRoom = (size() - before) / count
		return perRoom > 100
	}, patience, 50*time.Millisecond)
	fmt.Println(perRoom)
	time.Sleep(time.Second)
	fmt.Println((size() - before) / count)
	status, _ := foreign.Status(within(t, patience), member.Endpoint())
	fmt.Println(status.DbSize, status.DbSizeInUse)
	got, _ := foreign.Get(t.Context(), "test/rooms/"+a.Name("correcthorsebatterystaple000001"))
	fmt.Println(len(got.Kvs[0].Key), len(got.Kvs[0].Value))
	require.LessOrEqual(t, perRoom, int64(most))
}
