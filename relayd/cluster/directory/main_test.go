package directory_test

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

// TestMain lets more tests run at once than there are processors: they wait for leases most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// patience bounds every wait of a test for what should come soon. It only ends what hangs.
const patience = 2 * time.Minute

func within(t testing.TB, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// key is the cluster's key of every node of the tests.
var key = resume.NewKey()

// collect is what a condition that is tried again fails.
type collect = assert.CollectT

// A node is one instance's directory.
type node struct {
	*directory.Directory
	self    home.Instance
	changes chan directory.Standing
}

// open returns a directory that has not joined.
func open(t testing.TB, name string, number uint64, endpoints []string, edit ...func(*directory.Config)) *node {
	t.Helper()
	n := &node{self: home.Instance{Name: name, Number: number}, changes: make(chan directory.Standing, 100)}
	config := directory.Config{
		Endpoints: endpoints, Prefix: "test/", Key: key, Self: n.self, Address: name + ":4000", Window: 5 * time.Second,
		Changed: func(s directory.Standing) { n.changes <- s },
	}
	for _, e := range edit {
		e(&config)
	}
	var err error
	n.Directory, err = directory.Open(config)
	require.NoError(t, err)
	t.Cleanup(n.Close)
	return n
}

// join returns a directory that has joined. The directory is not young.
func join(t testing.TB, name string, number uint64, endpoints []string, edit ...func(*directory.Config)) *node {
	t.Helper()
	n := open(t, name, number, endpoints, edit...)
	require.EventuallyWithT(t, func(c *collect) { // as a supervisor starts a process again if etcd is late
		_, err := n.Join(t.Context())
		require.NoError(c, err)
	}, patience, time.Millisecond)
	require.NoError(t, n.EndYoung(within(t, patience)))
	return n
}

// claim returns what the node would claim for a room.
func (n *node) claim(room string) home.Claim {
	return home.Claim{
		Home: n.self, Order: protocol.Order{Generation: 1, Attempt: 2, Random: 1 << 60}, Server: protocol.ID(room),
		Moved: time.UnixMilli(1_700_000_000_123).UTC(),
	}
}

// mustClaim claims a room that has no key.
func (n *node) mustClaim(t testing.TB, room string) (revision int64) {
	t.Helper()
	require.EventuallyWithT(t, func(c *collect) { // a loaded machine may not hear in time that it has written
		view, _, err := n.Lookup(t.Context(), room)
		require.NoError(c, err)
		if revision = view.Revision; revision != 0 {
			return
		}
		revision, err = n.Claim(t.Context(), n.claim(room), 0)
		require.NoError(c, err)
	}, patience, time.Millisecond)
	return revision
}

// look looks up until there is an answer, because a loaded machine may be late.
func (n *node) look(t testing.TB, room string) (view home.View, at int64) {
	t.Helper()
	require.EventuallyWithT(t, func(c *collect) {
		var err error
		view, at, err = n.Lookup(t.Context(), room)
		require.NoError(c, err)
	}, patience, time.Millisecond)
	return view, at
}

// stranger is a client of etcd that writes what it wants.
func stranger(t testing.TB, endpoints ...string) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, Logger: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func roomKey(n *node, room string) string { return "test/rooms/" + n.Name(room) }

// next returns the next change of the node's standing.
func (n *node) next(t testing.TB) directory.Standing {
	t.Helper()
	select {
	case s := <-n.changes:
		return s
	case <-time.After(patience):
		require.Fail(t, "the standing does not change")
		return directory.Standing{}
	}
}

func one(t testing.TB) (*etcdtest.Member, []string) {
	t.Helper()
	member := etcdtest.Start(t)
	return member, []string{member.Endpoint()}
}
