package etcdtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 2 * time.Minute

func connect(t *testing.T, members ...*etcdtest.Member) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: etcdtest.Endpoints(members), Logger: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func within(t *testing.T, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// TestOne: what one member holds outlives its process, and a pause lets nothing answer.
func TestOne(t *testing.T) {
	member := etcdtest.Start(t)
	client := connect(t, member)
	_, err := client.Put(within(t, patience), "k", "v")
	require.NoError(t, err)

	member.Kill()
	_, err = client.Get(within(t, 200*time.Millisecond), "k")
	require.Error(t, err)
	member.Start()
	member.Wait()
	got, err := client.Get(within(t, patience), "k")
	require.NoError(t, err)
	require.Equal(t, "v", string(got.Kvs[0].Value))

	member.Pause()
	_, err = client.Get(within(t, 200*time.Millisecond), "k")
	require.Error(t, err)
	member.Resume()
	_, err = client.Get(within(t, patience), "k")
	require.NoError(t, err)
}

// TestThree: two of three members elect another leader and go on, one alone does not.
func TestThree(t *testing.T) {
	members := etcdtest.StartThree(t)
	client := connect(t, members...)
	_, err := client.Put(within(t, patience), "k", "v")
	require.NoError(t, err)

	first := etcdtest.Leader(t, members)
	first.Kill()
	second := etcdtest.Leader(t, members)
	require.NotSame(t, first, second)
	second.Wait()

	second.Kill()
	_, err = client.Put(within(t, 500*time.Millisecond), "k", "w")
	require.Error(t, err)
	first.Start()
	first.Wait()
}

// TestRestore: a snapshot has what was there when it was made, in a cluster that is another one.
func TestRestore(t *testing.T) {
	members := etcdtest.StartThree(t)
	client := connect(t, members...)
	before, err := client.Put(within(t, patience), "k", "v")
	require.NoError(t, err)
	snapshot := members[0].Save()
	_, err = client.Put(within(t, patience), "k", "w")
	require.NoError(t, err)
	for _, m := range members {
		m.Kill()
	}
	etcdtest.Restore(members, snapshot, "another")
	for _, m := range members {
		m.Start()
	}
	for _, m := range members {
		m.Wait()
	}
	got, err := client.Get(within(t, patience), "k")
	require.NoError(t, err)
	require.Equal(t, "v", string(got.Kvs[0].Value))
	require.NotEqual(t, before.Header.ClusterId, got.Header.ClusterId)
}
