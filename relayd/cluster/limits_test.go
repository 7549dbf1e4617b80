package cluster_test

import (
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestRoomLimits: a server that comes back to a node that may have no more rooms, or none of its
// source, is refused as a new one is. Its claim is not written, and other rooms keep theirs.
func TestRoomLimits(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]string{"of a node": "2 100", "of a source": "100 2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, "TEST_LIMITS="+limits) // rooms, and those of a source
			a := w.nodes[0]
			gone := a.v1(t, "/server")
			require.NoError(t, gone.Close(1000, ""))
			open := a.v1(t, "/server")
			a.v1(t, "/server")
			before := w.claims()
			require.Len(t, before, 2)
			for i := range 3 {
				a.refuse(t, protocol.CodeOverloaded, "/server", protocol.SubprotocolV1, gone.credential(1+i))
				a.refuse(t, protocol.CodeOverloaded, "/server")
				require.Equal(t, before, w.claims())
			}
			require.NoError(t, open.Close(1000, ""))
			a.enter(t, "/server", protocol.SubprotocolV1, gone.credential(4))
		})
	}
}
