package directory_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// claimAll claims rooms at once and returns their names.
func claimAll(t testing.TB, n *node, name string, count int) (rooms []string) {
	t.Helper()
	var all sync.WaitGroup
	free := make(chan struct{}, 400)
	for i := range count {
		room := fmt.Sprintf("%s%06d", name, i)
		rooms = append(rooms, room)
		free <- struct{}{}
		all.Go(func() {
			n.mustClaim(t, room)
			<-free
		})
	}
	all.Wait()
	return rooms
}

// homes counts the homes of rooms, as the directory names them.
func homes(t *testing.T, n *node, rooms []string) map[home.Instance]int {
	t.Helper()
	of := make(map[home.Instance]int)
	for page := range slices.Chunk(rooms, directory.MaxRead) {
		entries, _, err := n.Read(within(t, patience), page)
		require.NoError(t, err)
		for _, e := range entries {
			if e.Claim != nil {
				require.Equal(t, protocol.ID(e.Room), e.Claim.Server)
				of[e.Claim.Home]++
			}
		}
	}
	return of
}

// TestRead: a page of rooms is read at once, in the order asked for, with those that are not there.
func TestRead(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	ofA := claimAll(t, a, "x", directory.MaxRead+1)

	_, _, err := a.Read(within(t, patience), ofA[:directory.MaxRead+1])
	require.Error(t, err)
	entries, _, err := a.Read(within(t, patience), append([]string{"absent"}, ofA[:directory.MaxRead-1]...))
	require.NoError(t, err)
	require.Equal(t, directory.Entry{Room: "absent"}, entries[0])
	for i, e := range entries[1:] {
		require.Equal(t, ofA[i], e.Room)
		require.Equal(t, a.self, e.Claim.Home)
	}
}

// TestSweep: a sweep deletes the claims of instances that are gone and not recent, and no others.
func TestSweep(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	ofA := claimAll(t, a, "x", 650) // with the others more than a page
	ofB := claimAll(t, b, "y", 50)
	gone := func(i home.Instance) bool { return i == a.self }

	deleted, err := b.Sweep(within(t, patience), gone)
	require.NoError(t, err)
	require.Zero(t, deleted, "a is recent")

	a.Close()
	_, err = stranger(t, endpoints...).Delete(within(t, patience), "test/nodes/a/0000000000000001/recent")
	require.NoError(t, err)
	deleted, err = b.Sweep(within(t, patience), gone)
	require.NoError(t, err)
	require.Equal(t, 650, deleted)
	require.Equal(t, map[home.Instance]int{b.self: len(ofB)}, homes(t, b, append(ofA, ofB...)))
}

// TestKicks: a kick is seen by all nodes until its time, for its room alone, and etcd sees no IDs.
func TestKicks(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	until := time.UnixMilli(time.Now().Add(time.Hour).UnixMilli())
	require.NoError(t, a.Kick(within(t, patience), "room", directory.Kick{Name: "someone", Until: until.Add(-time.Minute)}))
	require.NoError(t, a.Kick(within(t, patience), "room", directory.Kick{Name: "someone", Until: until}))
	require.NoError(t, a.Kick(within(t, patience), "room", directory.Kick{Name: "short", Until: time.Now().Add(time.Second)}))
	require.EventuallyWithT(t, func(c *collect) {
		kicks, err := b.Kicks(t.Context(), "room")
		require.NoError(c, err)
		require.Equal(c, []directory.Kick{{Name: "someone", Until: until}}, kicks)
	}, patience, 10*time.Millisecond)
	kicks, err := b.Kicks(within(t, patience), "other")
	require.NoError(t, err)
	require.Empty(t, kicks)
	require.Error(t, a.Kick(within(t, patience), "room", directory.Kick{Name: "late", Until: time.Now().Add(-time.Second)}))

	foreign := stranger(t, endpoints...)
	require.EventuallyWithT(t, func(c *collect) { // the lease of the short one
		all, err := foreign.Get(t.Context(), "test/kicks/"+a.Name("room")+"/", clientv3.WithPrefix())
		require.NoError(c, err)
		require.Len(c, all.Kvs, 1)
		require.NotContains(c, string(all.Kvs[0].Value), "someone")
	}, patience, 10*time.Millisecond)
}
