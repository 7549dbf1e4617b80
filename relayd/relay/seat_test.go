package relay_test

import (
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// seat finds a peer that must be here.
func (w *world) seat(server, peer *v1) relay.Seat {
	w.t.Helper()
	seat, ok := w.Find(server.hello.ID, peer.hello.ID)
	require.True(w.t, ok)
	return seat
}

// TestSeatsLastOverConnections: a seat is the same while its peer is present, away and back, and
// has nothing in common with those of other rooms.
func TestSeatsLastOverConnections(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	ofServer, ofClient := w.seat(server, server), w.seat(server, client)
	require.True(t, ofServer.Here() && ofServer.Server())
	require.True(t, ofClient.Here() && !ofClient.Server())
	require.Equal(t, ofServer.Room(), ofClient.Room())
	require.Equal(t, 1, ofServer.Clients())

	client.cut()
	server.hearsOf(protocol.TypePeerAway, client.peer)
	require.True(t, ofClient.Here())
	require.Equal(t, ofClient, w.seat(server, client))
	require.Zero(t, ofServer.Clients())
	client = w.again(client)
	require.Equal(t, ofClient, w.seat(server, client))
	server.cut()
	client.hearsOf(protocol.TypePeerAway, server.peer)
	require.True(t, ofServer.Here())

	other := w.v1Server()
	require.NotEqual(t, ofClient.Room(), w.seat(other, other).Room())
	for _, nobody := range [][2]protocol.ID{{other.hello.ID, client.hello.ID}, {client.hello.ID, client.hello.ID}, {server.hello.ID, "nobody"}, {"nobody", "nobody"}, {server.hello.ID, ""}} {
		_, ok := w.Find(nobody[0], nobody[1])
		require.False(t, ok, nobody)
	}
}

func TestSeatsEnd(t *testing.T) {
	t.Run("left", func(t *testing.T) {
		w, server, client := v1Room(t, relay.Config{})
		seat := w.seat(server, client)
		require.NoError(t, client.Close(1000, ""))
		server.hearsOf(protocol.TypePeerGone, client.peer)
		require.False(t, seat.Here())
		_, ok := w.Find(server.hello.ID, client.hello.ID)
		require.False(t, ok)
	})
	t.Run("kicked", func(t *testing.T) {
		w, server, client := v1Room(t, relay.Config{})
		seat := w.seat(server, client)
		server.answers(`{"request":1,"id":"` + client.id + `"}`)
		require.False(t, seat.Here())
	})
	t.Run("not back in time", func(t *testing.T) {
		w, server, client := v1Room(t, relay.Config{Window: 50 * time.Millisecond})
		seat := w.seat(server, client)
		client.cut()
		server.hearsOf(protocol.TypePeerAway, client.peer)
		server.hearsOf(protocol.TypePeerGone, client.peer)
		require.False(t, seat.Here())
	})
	t.Run("with the server", func(t *testing.T) {
		w, server, client := v1Room(t, relay.Config{})
		ofServer, ofClient := w.seat(server, server), w.seat(server, client)
		require.NoError(t, server.Close(1000, ""))
		client.hearsOf(protocol.TypePeerGone, server.peer)
		require.False(t, ofServer.Here())
		require.False(t, ofClient.Here())
	})
	t.Run("with the room", func(t *testing.T) {
		w, server, client := v1Room(t, relay.Config{})
		ofServer, ofClient := w.seat(server, server), w.seat(server, client)
		require.NoError(t, w.CloseRoom(w.Rooms()[0].Room))
		require.False(t, ofServer.Here())
		require.False(t, ofClient.Here())
	})
}
