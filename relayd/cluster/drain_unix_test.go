package cluster_test

import (
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestDrainMarksBeforeItAsks: servers that leave a draining node at once do not come back to it
// through the node that they come to.
func TestDrainMarksBeforeItAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	var servers []*peer
	for range 20 {
		servers = append(servers, a.v1(t, "/server"))
	}
	a.signal(t, syscall.SIGTERM)
	for i, s := range servers {
		s.awaits(protocol.TypeRelayRestarting)
		require.NoError(t, s.CloseNow())
		servers[i] = b.enter(t, "/server", protocol.SubprotocolV1, s.credential(2))
	}
	<-a.ended
	for _, s := range servers {
		talk(s, b.v1(t, "/client/"+s.id))
	}
}
