package relay_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// streamFrame is a frame of a byte stream, of so many bytes.
func streamFrame(to *peer, size int) string {
	text := fmt.Sprintf(`{"to":%q,"type":"LINK_STREAM","message":"","link":{"id":"00000000000000aa","n2":1}}`, to.id)
	return strings.Replace(text, `"message":""`, `"message":"`+strings.Repeat("A", max(0, size-len(text)))+`"`, 1)
}

// TestNoStreams: a relay that carries no byte streams says so, drops them, and carries the rest
// of the link (D11).
func TestNoStreams(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{Settings: relay.Settings{NoStreams: true}})
	for _, p := range []*v1{server, client} {
		require.True(t, p.hello.Limits.NoStreams)
		require.Zero(t, p.hello.Limits.StreamRate)
	}
	for from, to := range map[*v1]*v1{client: server, server: client} {
		from.raw(streamFrame(to.peer, 1000))
		from.raw(fmt.Sprintf(`{"to":%q,"type":"LINK_ACK","message":null,"link":{"id":"00000000000000aa","r2":1}}`, to.id))
		from.raw(fmt.Sprintf(`{"to":%q,"type":"chat","message":1,"link":{"id":"00000000000000aa","n":1}}`, to.id))
		from.hears("0", protocol.TypeRelayUndelivered, `{"to":"`+to.id+`","reason":"streams"}`)
		to.hears(from.id, "LINK_ACK", "null")
		to.hears(from.id, "chat", "1")
	}
	require.EqualValues(t, 2, w.Stats().Dropped[relay.DropStreams])
	require.Zero(t, w.Stats().Traffic.Streams)
}

// TestStreamsAreTurnedOff while peers are connected, and on again.
func TestStreamsAreTurnedOff(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	require.False(t, client.hello.Limits.NoStreams)
	frame := streamFrame(server.peer, 1000)
	client.raw(frame)
	_, typ, _ := server.next()
	require.Equal(t, protocol.TypeLinkStream, typ)
	require.NoError(t, w.Reload(relay.Settings{NoStreams: true}))
	client.raw(frame)
	client.hears("0", protocol.TypeRelayUndelivered, `{"to":"`+server.id+`","reason":"streams"}`)
	require.True(t, w.v1Client(server.peer).hello.Limits.NoStreams)
	require.NoError(t, w.Reload(relay.Settings{}))
	require.False(t, w.v1Client(server.peer).hello.Limits.NoStreams)
	w.eventually("one was relayed", func(s relay.Stats) bool {
		return s.Traffic.Streams == 1 && s.Traffic.StreamBytes == uint64(len(frame)) && s.Dropped[relay.DropStreams] == 1
	})
}

// TestHelloNamesTheRates: those of the limits, or of the grant.
func TestHelloNamesTheRates(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{
		Limits: relay.Limits{PeerBytes: 2 << 20, StreamBytes: 1 << 20},
		Authorize: func(_ context.Context, r access.Request) (access.Grant, error) {
			if r.Server {
				return access.Grant{}, nil
			}
			return access.Grant{PeerBytes: 100 << 10}, nil
		},
	}})
	server := w.v1Server()
	require.Equal(t, 2<<20, server.hello.Limits.Rate)
	require.Equal(t, 1<<20, server.hello.Limits.StreamRate)
	client := w.v1Client(server.peer)
	require.Equal(t, 100<<10, client.hello.Limits.Rate)
	require.NoError(t, w.Reload(relay.Settings{Limits: relay.Limits{PeerBytes: 3 << 20}}))
	again := w.again(server)
	require.Equal(t, 3<<20, again.hello.Limits.Rate)
	require.Equal(t, relay.DefaultStreamBytes, again.hello.Limits.StreamRate)
}

// TestFloodOfStreams: a peer that floods byte streams is read no faster than its rate, is not
// closed, and slows no other pair.
func TestFloodOfStreams(t *testing.T) {
	const rate, size = 64 << 10, 10_000
	w := newWorld(t, relay.Config{Settings: relay.Settings{Limits: relay.Limits{StreamBytes: rate, PeerBurst: time.Second}}})
	victim := w.v1Server()
	hostile := w.v1Client(victim.peer)
	victim.readsOn()
	server := w.v1Server()
	client := w.v1Client(server.peer)
	server.hearsOf("PEER_JOINED", client.peer)

	begun := time.Now()
	flooding, stop := context.WithCancel(hostile.ctx)
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		for frame := streamFrame(victim.peer, size); hostile.Write(flooding, 1, []byte(frame)) == nil; {
		}
	}()
	w.eventually("it is held back", func(s relay.Stats) bool { return s.Held > 1 })
	for range 500 {
		client.send(server.peer, "ping", "1")
		server.hears(client.id, "ping", "1")
		server.send(client.peer, "pong", "2")
		client.hears(server.id, "pong", "2")
	}
	stats := w.Stats()
	most := rate + rate*time.Since(begun).Seconds() + 64<<10 // the burst, and a read that is not waited for
	require.LessOrEqual(t, float64(stats.Traffic.StreamBytes), most)
	require.EqualValues(t, 1000, stats.Traffic.In-stats.Traffic.Streams, "nothing else is counted as a stream")
	require.Empty(t, stats.Closed)
	require.Empty(t, stats.Dropped)
	stop()
	<-flooded
}

// TestStreamsOfABasePeer: a base peer has none, so LINK_STREAM closes it (D5), as any LINK_ does.
func TestStreamsOfABasePeer(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{NoStreams: true}})
	server := w.v1Server()
	client := w.wire("/client/" + server.id)
	_, err := io.WriteString(client.conn, masked(text, streamFrame(server.peer, 200)))
	require.NoError(t, err)
	client.wantsClose(t, protocol.CodeReservedType)
	require.Zero(t, w.Stats().Traffic.Streams)
}
