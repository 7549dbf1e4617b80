package cluster_test

import (
	"encoding/json"
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

func TestClientReachesAServerAtAnotherNode(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
	w := newWorld(t, 2)
	var server, client *peer
	for code := protocol.CodeServerAway; code == protocol.CodeServerAway; { // which a home says for which etcd was late
		server = w.nodes[0].v1(t, "/server")
		client = w.nodes[1].v1(t, "/client/"+server.id)
		require.NoError(t, server.Close(1000, ""))
		if code = client.closed(); code != protocol.CodeServerAway {
			require.Equal(t, protocol.CodeServerGone, code)
		}
	}
	for _, n := range w.nodes {
		for _, id := range []string{server.id, client.id, "never-drawn", "%2e"} {
			n.refuse(t, protocol.CodeNoSuchServer, "/client/"+id)
		}
	}
}

// TestForwardedPeersAreToldOfADrain: by their home, because the node that forwards writes nothing.
func TestForwardedPeersAreToldOfADrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	server := a.v1(t, "/server")
	client := b.v1(t, "/client/"+server.id)
	b.signal(t, syscall.SIGTERM)
	var restarting struct{ ReconnectIn, TryFor int }
	require.NoError(t, json.Unmarshal(client.awaits(protocol.TypeRelayRestarting), &restarting))
	require.LessOrEqual(t, restarting.ReconnectIn, int(drainWithin.Milliseconds()))

	again := a.enter(t, "/client/"+server.id, protocol.SubprotocolV1, client.credential(1))
	talk(server, again)
	require.NoError(t, client.CloseNow())
	<-b.ended
	talk(server, again)
}

// TestNewcomerToAClosedRoom: the home says that there is no such server, as a single relay does.
func TestNewcomerToAClosedRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	server := a.v1(t, "/server")
	server.write(`{"to":"0","type":"RELAY_DOOR","message":{"request":1,"closed":true}}`)
	server.awaits(protocol.TypeRelayAnswer)
	for _, n := range []*node{a, b} {
		n.refuse(t, protocol.CodeNoSuchServer, "/client/"+server.id)
	}
	server.write(`{"to":"0","type":"RELAY_DOOR","message":{"request":2,"closed":false}}`)
	server.awaits(protocol.TypeRelayAnswer)
	talk(server, b.v1(t, "/client/"+server.id))
}
