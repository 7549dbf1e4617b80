package relay_test

import (
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestOperatorSeesRoomsAndPeers, and no ID.
func TestOperatorSeesRoomsAndPeers(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	base := w.client(server.peer)
	server.hearsOf("PEER_JOINED", base)
	client.cut()
	server.hearsOf("PEER_AWAY", client.peer)

	rooms := w.Rooms()
	require.Len(t, rooms, 1)
	require.True(t, rooms[0].Server)
	require.Equal(t, []int{1, 1}, []int{rooms[0].Clients, rooms[0].Away})
	peers, err := w.Peers(rooms[0].Room)
	require.NoError(t, err)
	require.Len(t, peers, 3)
	require.Equal(t, relay.PeerReport{Peer: rooms[0].Room, Server: true, Here: true, V1: true}, peers[0])
	for _, p := range peers {
		require.Regexp(t, "^[0-9a-f]{8}$", p.Peer)
	}
	_, err = w.Peers(server.id)
	require.ErrorIs(t, err, relay.ErrNobody, "an ID is no name")
}

func TestOperatorKicksAPeer(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	room := w.Rooms()[0].Room
	peers, err := w.Peers(room)
	require.NoError(t, err)
	for name, want := range map[string]error{room: relay.ErrServer, "00000000": relay.ErrNobody, client.id: relay.ErrNobody} {
		_, err := w.Kick(name, "", 0)
		require.ErrorIs(t, err, want)
	}
	_, err = w.Kick(peers[1].Peer, "", 0)
	require.NoError(t, err)
	client.wantsClose(protocol.CodeKicked)
	require.Equal(t, "kicked", server.hearsOf("PEER_GONE", client.peer).Reason)
	w.refused(client).wantsClose(protocol.CodeKicked)
	w.v1Client(server.peer) // the room goes on
}

func TestOperatorClosesARoom(t *testing.T) {
	for _, away := range []bool{false, true} {
		w, server, client := v1Room(t, relay.Config{})
		other := w.v1Server()
		room := roomOf(t, w, 1)
		if away {
			server.cut()
			client.hearsOf("PEER_AWAY", server.peer)
		}
		require.ErrorIs(t, w.CloseRoom("00000000"), relay.ErrNobody)
		require.NoError(t, w.CloseRoom(room))
		if !away {
			server.wantsClose(protocol.CodeKicked)
		}
		require.Equal(t, "kicked", client.hearsOf("PEER_GONE", server.peer).Reason)
		client.wantsClose(protocol.CodeServerGone)
		w.knock("/client/"+server.id, 0).wantsClose(protocol.CodeNoSuchServer)
		w.v1Client(other.peer)
		require.Len(t, w.Rooms(), 1)
		require.ErrorIs(t, w.CloseRoom(room), relay.ErrNobody)
	}
}

// roomOf returns the name of the room that has so many clients.
func roomOf(t *testing.T, w *world, clients int) string {
	t.Helper()
	for _, r := range w.Rooms() {
		if r.Clients == clients {
			return r.Room
		}
	}
	t.Fatal("there is no such room")
	return ""
}

func TestStatsSaysWhatIsAndWas(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	client.send(server.peer, "x", `"12345"`)
	server.until("x")
	client.send(&peer{id: "nobody"}, "x", "1")
	client.until("RELAY_UNDELIVERED")
	both := relay.PerRole{Servers: 1, Clients: 1}
	w.eventually("both are counted, which is after their HELLO", func(s relay.Stats) bool { return s.Joined == both })
	stats := w.Stats()
	require.Equal(t, both, stats.Peers)
	require.Equal(t, relay.Outboxes{2}, stats.Outboxes)
	require.Zero(t, stats.Resumed)
	w.eventually("what was read is counted", func(s relay.Stats) bool { return s.Traffic.In == 2 })
	require.EqualValues(t, 1, w.Stats().Traffic.Out)
	before := w.Stats().Traffic
	require.Greater(t, before.InBytes, before.OutBytes)
	require.Greater(t, before.OutBytes, uint64(40))

	again := w.again(client)
	client.wantsClose(protocol.CodeReplaced)
	w.eventually("the one before is over", func(s relay.Stats) bool { return s.Sessions == 2 })
	w.eventually("it has resumed", func(s relay.Stats) bool { return s.Resumed == (relay.PerRole{Clients: 1}) })
	require.Equal(t, before, w.Stats().Traffic, "what a peer has sent still counts when it is gone")
	again.cut()
	w.eventually("one is away", func(s relay.Stats) bool { return s.Away == 1 })
}
