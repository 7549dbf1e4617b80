package cluster_test

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestDrainMarksBeforeItAsks: servers that leave a draining node at once do not come back to it
// through the node that they come to.
func TestDrainMarksBeforeItAsks(t *testing.T) {
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
		moved, err := b.dial(t, "/server", protocol.SubprotocolV1, fmt.Sprintf("%s2.%s", protocol.ResumePrefix, s.hello.Resume))
		require.NoError(t, err)
		moved.greeted()
		servers[i] = moved
	}
	<-a.ended
	for _, s := range servers {
		talk(s, b.v1(t, "/client/"+s.id))
	}
}
