package cluster_test

import (
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

func TestClientReachesAServerAtAnotherNode(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	for _, join := range []func(*node, testing.TB, string) *peer{(*node).base, (*node).v1} {
		server := join(a, t, "/server")
		client := join(b, t, "/client/"+server.id)
		server.awaits(protocol.TypePeerJoined)
		talk(server, client)

		require.NoError(t, client.Close(1000, ""))
		server.awaits(protocol.TypePeerGone)
	}
}

// TestEachNodeFindsAServerThatHasHello: a link that a server hands out works at once, at each node.
func TestEachNodeFindsAServerThatHasHello(t *testing.T) {
	w := newWorld(t, 3)
	for range 30 {
		for i, home := range w.nodes {
			server := home.base(t, "/server")
			for j, other := range w.nodes {
				if i != j {
					other.base(t, "/client/"+server.id)
				}
			}
		}
	}
}

// TestNoSuchServerIsSaidWhenItIsTrue: of an ID that was never drawn, and of a server that has left.
func TestNoSuchServerIsSaidWhenItIsTrue(t *testing.T) {
	w := newWorld(t, 2)
	server := w.nodes[0].v1(t, "/server")
	client := w.nodes[1].v1(t, "/client/"+server.id)
	require.NoError(t, server.Close(1000, ""))
	require.Equal(t, protocol.CodeServerGone, client.closed())
	for _, n := range w.nodes {
		for _, id := range []string{server.id, client.id, "never-drawn", "%2e"} {
			require.Equal(t, protocol.CodeNoSuchServer, n.knock(t, "/client/"+id).closed(), id)
		}
	}
}
