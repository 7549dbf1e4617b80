package relay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// big is a JSON string that fills most of a message.
var big = `"` + strings.Repeat("x", 60<<10) + `"`

func TestSlowClientIsCutAndNobodyElseNotices(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.server()
	slow := w.slowClient(server)
	server.wantsJoined(slow)
	quick := w.client(server)
	server.wantsJoined(quick)

	for w.Stats().Closed[protocol.CodeTooSlow] == 0 {
		server.send(slow, "flood", big)
		require.LessOrEqual(t, w.Stats().Waiting, int64(256<<10)+protocol.MaxDelivery, "what waits is bounded")
		server.send(quick, "ping", "1") // a server is never held up by its clients
		quick.wants(server.id, "ping", "1")
	}
	server.wantsGone(slow)
	slow.wantsClose(protocol.CodeTooSlow) // it learns the reason behind what was on its way
	require.NotZero(t, w.Stats().Dropped[relay.DropClientSlow])
	w.eventually("nothing waits any more", func(s relay.Stats) bool { return s.Waiting == 0 && s.Sessions == 2 })
}

func TestSlowServerHoldsBackItsOwnClientsOnly(t *testing.T) {
	w := newWorld(t, relay.Config{HoldWithin: time.Hour, WriteWithin: time.Hour, PingAfter: time.Hour})
	server := w.slowServer()
	greedy := w.client(server)
	server.wantsJoined(greedy)
	modest := w.client(server)
	server.wantsJoined(modest)
	bystander := w.server()
	friend := w.client(bystander)
	bystander.wantsJoined(friend)

	// The greedy client sends until it is held back: its share is used up.
	const n = 400
	sent := make(chan error, 1)
	go func() {
		for range n {
			if err := greedy.trySend(server, "greedy", big); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	w.eventually("its frames wait", func(s relay.Stats) bool { return s.Waiting > 0 })

	friend.send(bystander, "hello", "1")
	bystander.wants(friend.id, "hello", "1")
	modest.send(server, "modest", "2")

	// When the server reads at last, everything is there and in order.
	greedySeen, modestAt := 0, -1
	for i := 0; greedySeen < n || modestAt < 0; i++ {
		from, typ, _ := server.receive()
		if from == modest.id {
			require.Equal(t, "modest", typ)
			modestAt = i
			continue
		}
		require.Equal(t, greedy.id, from)
		greedySeen++
	}
	require.NoError(t, <-sent)
	require.Less(t, modestAt, n, "the greedy client did not take the modest one's place")
	require.Empty(t, w.Stats().Dropped)
}

func TestMessagesToAServerThatStaysSlowAreDroppedAndCounted(t *testing.T) {
	w := newWorld(t, relay.Config{HoldWithin: 10 * time.Millisecond, WriteWithin: time.Hour})
	server := w.slowServer()
	client := w.client(server)
	for w.Stats().Dropped[relay.DropServerSlow] == 0 {
		client.send(server, "flood", big)
	}
	require.Zero(t, w.Stats().Closed[protocol.CodeTooSlow], "a full outbox alone does not end a server")
}

func TestPeerThatTakesNothingIsCutInTheEnd(t *testing.T) {
	w := newWorld(t, relay.Config{HoldWithin: 10 * time.Millisecond, WriteWithin: 200 * time.Millisecond, CloseWithin: 50 * time.Millisecond})
	server := w.slowServer()
	client := w.client(server)
	go func() {
		for client.trySend(server, "flood", big) == nil {
		}
	}()
	client.wantsGone(server)
	client.wantsClose(protocol.CodeServerGone)
	require.EqualValues(t, 1, w.Stats().Closed[protocol.CodeTooSlow])
}

func TestAllThatWaitsIsBoundedTogether(t *testing.T) {
	w := newWorld(t, relay.Config{WaitingBytes: 512 << 10, CloseWithin: 50 * time.Millisecond})
	server := w.server()
	var slow []*peer
	for range 20 {
		c := w.slowClient(server)
		server.wantsJoined(c)
		slow = append(slow, c)
	}
	server.readsOn()
	for round := 0; w.Stats().Closed[protocol.CodeTooSlow] < uint64(len(slow)); round++ {
		require.Less(t, round, 50, "some are not cut")
		for _, c := range slow {
			server.send(c, "flood", big)
		}
		require.LessOrEqual(t, w.Stats().Waiting, int64(512<<10)+20*protocol.MaxDelivery)
	}
}

// A client that cannot be announced, because its server's outbox is full, is
// not let in, and may try again.
func TestClientOfAServerThatReadsNothingIsRefused(t *testing.T) {
	w := newWorld(t, relay.Config{HoldWithin: 50 * time.Millisecond, WriteWithin: time.Hour, OutboxFrames: 10})
	server := w.slowServer()
	client := w.client(server)
	for w.Stats().Dropped[relay.DropServerSlow] == 0 {
		client.send(server, "flood", big)
	}
	// The outbox has taken this client's share; others fill the rest of its ten places.
	for w.Stats().Closed[protocol.CodeOverloaded] == 0 {
		w.client(server)
	}
	w.client(server).wantsClose(protocol.CodeOverloaded)
}

// What waits in one room takes nothing from another: there is always room for
// one message more.
func TestFullRelayHasRoomForEverybodysMessage(t *testing.T) {
	w := newWorld(t, relay.Config{WaitingBytes: 1, WriteWithin: time.Hour})
	server := w.server()
	client := w.slowClient(server)
	server.wantsJoined(client)
	waiting := func() bool { return w.Stats().Waiting > 0 }
	server.readsOn() // takes the pongs
	for !waiting() { // until the kernel takes no more
		server.send(client, "small", `"`+big[1:1000]+`"`)
		require.NoError(t, server.Ping(server.ctx)) // the relay has handled it
	}
	server.send(client, "small", "1")
	server.send(client, "small", "2")
	require.NoError(t, server.Ping(server.ctx))
	require.Zero(t, w.Stats().Closed[protocol.CodeTooSlow])
}

// A client whose messages are held back is closed without waiting for its server.
func TestHeldClientIsClosedAtOnce(t *testing.T) {
	w := newWorld(t, relay.Config{HoldWithin: time.Hour, WriteWithin: time.Hour, CloseWithin: 50 * time.Millisecond})
	server := w.slowServer()
	client := w.slowClient(server)
	server.wantsJoined(client)
	go func() {
		for client.trySend(server, "flood", big) == nil {
		}
	}()
	w.eventually("it is held", func(s relay.Stats) bool { return s.Waiting > 0 })
	for w.Stats().Closed[protocol.CodeTooSlow] == 0 {
		server.send(client, "flood", big)
	}
	w.eventually("it is gone", func(s relay.Stats) bool { return s.Sessions == 1 })
}
