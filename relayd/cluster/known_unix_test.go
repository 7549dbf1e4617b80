package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNodesKnowThoseThatStartedLater: without the directory a node asks the others about a room,
// also one that has entered since the node last looked up a room.
func TestNodesKnowThoseThatStartedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	server := b.base(t, "/server")
	require.Eventually(t, func() bool {
		w.etcd.Pause()
		defer w.etcd.Resume()
		p := a.knock(t, "/client/"+server.id)
		_, _, _, err := p.read()
		return err == nil
	}, patience, time.Second)
}

// TestNodesHearOfOneThatStarts: one that starts just before etcd goes away is found by nodes that have
// not looked since.
func TestNodesHearOfOneThatStarts(t *testing.T) {
	w := newWorld(t, 2)
	c := w.start("c")
	server := c.base(t, "/server")
	w.etcd.Pause()
	for _, other := range w.nodes[:2] {
		require.Eventually(t, func() bool {
			_, _, _, err := other.knock(t, "/client/"+server.id).read()
			return err == nil
		}, patience/4, time.Millisecond)
	}
}
