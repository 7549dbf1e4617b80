package cluster_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestClaimsAreLost: a node writes the claims of its rooms again after etcd has lost them. Newcomers do
// not hear in between that a room does not exist. The loss costs few leases, however many rooms there are.
func TestClaimsAreLost(t *testing.T) {
	t.Parallel()
	const rooms = 200
	w := newWorld(t, 1)
	for range rooms {
		w.nodes[0].base(t, "/server")
	}
	before := w.claims()
	require.Len(t, before, rooms)
	leases := w.leases()
	w.ask(clientv3.OpDelete("intercessor/rooms/", clientv3.WithPrefix()))
	require.Eventually(t, func() bool { return len(w.claims()) == rooms }, patience, 10*time.Millisecond)
	require.Contains(t, w.keys(), "intercessor/young")
	require.Less(t, w.leases()-leases, rooms/10)
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(w.keys(), func(key string) bool { return strings.HasSuffix(key, "/unsettled") })
	}, patience, 10*time.Millisecond, "all claims are there")
}

func (w *world) keys() (keys []string) {
	w.t.Helper()
	for _, kv := range w.ask(clientv3.OpGet("intercessor/", clientv3.WithPrefix(), clientv3.WithKeysOnly())).Get().Kvs {
		keys = append(keys, string(kv.Key))
	}
	return keys
}

// leases returns how many leases there are.
func (w *world) leases() (count int) {
	w.t.Helper()
	w.with(func(ctx context.Context, client *clientv3.Client) error {
		answer, err := client.Leases(ctx)
		if err == nil {
			count = len(answer.Leases)
		}
		return err
	})
	return count
}
