package relay_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

func TestD1TheRelayBeatsWhenNothingElseIsSent(t *testing.T) {
	w := newWorld(t, relay.Config{BeatAfter: 20 * time.Millisecond})
	server, base := w.v1Server(), w.server()
	for range 3 {
		server.until("RELAY_BEAT")
	}
	client := w.client(base)
	base.wantsJoined(client) // and no beat before it
}

func TestD2D3ASlowServersSenderIsTold(t *testing.T) {
	w := newWorld(t, relay.Config{HoldWithin: 10 * time.Millisecond, WriteWithin: time.Hour})
	server := w.joinV1("/server", "", smallBuffer)
	client := w.v1Client(server.peer)
	for w.Stats().Dropped[relay.DropServerSlow] == 0 {
		client.send(server.peer, "flood", big)
	}
	client.hears("0", "RELAY_UNDELIVERED", `{"to":"`+server.id+`","reason":"slow"}`)
}

func TestD3AnAbsentReceiverIsToldOfOncePerAbsence(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	hint := func(p *v1) string { return `{"to":"` + p.id + `","reason":"absent"}` }
	for range 2 {
		client.cut()
		server.hearsOf("PEER_AWAY", client.peer)
		for range 3 {
			server.send(client.peer, "x", "1")
		}
		server.hears("0", "RELAY_UNDELIVERED", hint(client))
		server.hearsNothingMore()
		client = w.again(client)
		server.hearsOf("PEER_BACK", client.peer)

		server.cut()
		client.hearsOf("PEER_AWAY", server.peer)
		for range 3 {
			client.send(server.peer, "x", "1")
		}
		client.hears("0", "RELAY_UNDELIVERED", hint(server))
		client.hearsNothingMore()
		server = w.again(server)
		server.hearsOf("PEER_BACK", client.peer)
		server.hears("0", "RELAY_PRESENT", "{}")
		client.hearsOf("PEER_BACK", server.peer)
	}
	require.EqualValues(t, 12, w.Stats().Dropped[relay.DropAbsent], "what is dropped is counted, hint or not")

	for range 2 { // of strangers, too
		server.send(&peer{id: "nobody"}, "x", "1")
	}
	server.hears("0", "RELAY_UNDELIVERED", `{"to":"nobody","reason":"absent"}`)
	server.hearsNothingMore()
}

func TestD4ALinkIsDeliveredUnchanged(t *testing.T) {
	_, server, client := v1Room(t, relay.Config{})
	for _, link := range []string{`{}`, `{ "n" : 1.0e2,"n":"\ud800" , "x":[ ] }`, `{"x":"` + strings.Repeat("y", 1024-8) + `"}`} {
		client.raw(`{"to":"` + server.id + `","link":` + link + `,"type":"x","message":null}`)
		_, text, err := server.Read(server.ctx)
		require.NoError(t, err)
		d, err := protocol.ParseDeliveryV1(text)
		require.NoError(t, err)
		require.Equal(t, link, string(d.Link))
		require.Equal(t, "null", string(d.Message))
	}
	client.raw(`{"to":"` + server.id + `","link":{"x":"` + strings.Repeat("y", 1024-7) + `"},"type":"x","message":null}`)
	client.wantsClose(protocol.CodeInvalidField)
}

func TestD5WhoMaySendWhat(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	for _, c := range []struct {
		to, typ string
		v1      bool
		ok      bool
	}{
		{server.id, "LINK_OPEN", true, true},
		{server.id, "LINK_OPEN", false, false},
		{server.id, "RELAY_KICK", true, false},
		{"0", "LINK_OPEN", true, false},
		{"0", "RELAY_KICK", true, true},
		{"0", "RELAY_KICK", false, false},
		{server.id, "PEER_AWAY", true, false},
		{server.id, "HELLO", true, false},
	} {
		var p *peer
		if c.v1 {
			p = w.v1Client(server.peer).peer
		} else {
			p = w.client(server.peer)
		}
		server.hearsOf("PEER_JOINED", p)
		p.send(&peer{id: c.to}, c.typ, "null")
		if !c.ok {
			p.wantsClose(protocol.CodeReservedType)
			server.hearsOf("PEER_GONE", p)
			continue
		}
		if c.to == server.id {
			server.hears(p.id, c.typ, "null")
		}
		_ = p.Close(1000, "")
		server.hearsOf("PEER_GONE", p)
	}
}

func TestD4D6ABasePeerGetsNoLinkAndGivesNone(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	client := w.client(server.peer)
	server.hearsOf("PEER_JOINED", client)
	for _, text := range []string{`"link":{},"type":"x"`, `"type":"LINK_ACK"`} {
		server.raw(`{"to":"` + client.id + `",` + text + `,"message":1}`)
		server.hears("0", "RELAY_UNDELIVERED", `{"to":"`+client.id+`","reason":"base"}`)
	}
	server.send(client, "y", "2")
	client.wants(server.id, "y", "2") // nothing came before
	require.EqualValues(t, 2, w.Stats().Dropped[relay.DropBase])

	client.raw(`{"to":"` + server.id + `","type":"x","message":1,"link":{"id":"1"}}`) // an unknown field
	_, text, err := server.Read(server.ctx)
	require.NoError(t, err)
	require.NotContains(t, string(text), "link")
}

func TestD7Requests(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	for _, c := range []struct{ typ, message, answer string }{
		{"RELAY_DOOR", `{"request":1,"closed":true}`, `{"request":1}`},
		{"RELAY_DOOR", `{"request":2}`, `{"request":2,"error":"invalid"}`},
		{"RELAY_DOOR", `{"request":3,"closed":1}`, `{"request":3,"error":"invalid"}`},
		{"RELAY_DOOR", `{"closed":true}`, `{"request":0,"error":"invalid"}`},
		{"RELAY_DOOR", `null`, `{"request":0,"error":"invalid"}`},
		{"RELAY_NOTHING", `null`, `{"request":0,"error":"unknown"}`},
		{"RELAY_KICK", `{"request":4,"id":"nobody"}`, `{"request":4}`},
		{"RELAY_INFO", `{"request":5,"serverInfo":"` + strings.Repeat("x", 4094) + `"}`, `{"request":5}`},
		{"RELAY_INFO", `{"request":6,"serverInfo":"` + strings.Repeat("x", 4095) + `"}`, `{"request":6,"error":"invalid"}`},
		{"RELAY_DOOR", `{"request":9007199254740991,"closed":false,"x":1}`, `{"request":9007199254740991}`},
	} {
		server.asks(c.typ, c.message, c.answer)
	}
	for _, typ := range []string{"RELAY_KICK", "RELAY_DOOR", "RELAY_INFO"} {
		client.asks(typ, `{"request":1,"id":"x","closed":true,"serverInfo":1}`, `{"request":1,"error":"denied"}`)
	}
	require.Len(t, w.v1Client(server.peer).hello.ServerInfo, 4096, "what a client asked was not done")
}

func TestD7WhoIsKickedStaysOut(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	server.send(&peer{id: "0"}, "RELAY_KICK", `{"request":1,"id":"`+client.id+`"}`)
	server.hearsOf("PEER_GONE", client.peer)
	server.hears("0", "RELAY_ANSWER", `{"request":1}`)
	client.wantsClose(protocol.CodeKicked)
	w.refused(client).wantsClose(protocol.CodeKicked)

	// The same for a client that is away; a resumed server finds it done.
	away := w.v1Client(server.peer)
	server.hearsOf("PEER_JOINED", away.peer)
	away.cut()
	server.hearsOf("PEER_AWAY", away.peer)
	server.send(&peer{id: "0"}, "RELAY_KICK", `{"request":2,"id":"`+away.id+`"}`)
	require.Equal(t, "kicked", server.hearsOf("PEER_GONE", away.peer).Reason)
	again := w.again(server)
	again.hears("0", "RELAY_PRESENT", "{}")
	w.refused(away).wantsClose(protocol.CodeKicked)
}

func TestD7TheDoorIsClosedToNewcomersOnly(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	server.asks("RELAY_DOOR", `{"request":1,"closed":true}`, `{"request":1}`)
	w.knock("/client/"+server.id, 0).wantsClose(protocol.CodeNoSuchServer)
	w.knockV1("/client/"+server.id, "", 0).wantsClose(protocol.CodeNoSuchServer)
	require.Equal(t, client.id, w.again(client).id)
	server.hearsOf("PEER_BACK", client.peer)
	server.asks("RELAY_DOOR", `{"request":2,"closed":false}`, `{"request":2}`)
	w.client(server.peer)
}

func TestD7InfoIsWhatHelloTells(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	require.Nil(t, client.hello.ServerInfo)
	server.asks("RELAY_INFO", `{"request":1,"serverInfo":{"n": 1.0}}`, `{"request":1}`)
	require.Equal(t, `{"n": 1.0}`, string(w.v1Client(server.peer).hello.ServerInfo))
	_, _, hello := w.knock("/client/"+server.id, 0).receive()
	require.Equal(t, `{"n": 1.0}`, string(object(t, hello)["serverInfo"]), "to base clients, too")
	server = w.again(server)
	require.Nil(t, server.hello.ServerInfo, "it is for clients")
	require.NotNil(t, w.v1Client(server.peer).hello.ServerInfo, "the relay keeps it")
	for _, typ := range []string{"PEER", "PEER", "PEER", "RELAY_PRESENT", "PEER"} {
		_, got, _ := server.next()
		require.True(t, strings.HasPrefix(got, typ), got)
	}
	server.asks("RELAY_INFO", `{"request":2,"serverInfo":null}`, `{"request":2}`)
	require.Nil(t, w.v1Client(server.peer).hello.ServerInfo)
}

// Requests of a connection that has lost its place have no effect.
func TestD7AReplacedServerIsDenied(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	w.again(server)
	_ = server.trySend(&peer{id: "0"}, "RELAY_KICK", `{"request":1,"id":"`+client.id+`"}`)
	server.wantsClose(protocol.CodeReplaced)
	client.hearsOf("PEER_BACK", server.peer)
	client.hearsNothingMore()
}

// A base server is closed after its clients, because their connections end with it.
func TestD8BaseClientsHearThatTheRelayRestarts(t *testing.T) {
	w := newWorld(t, relay.Config{})
	var clients []*peer
	for range 20 {
		server := w.server()
		clients = append(clients, w.client(server), w.client(server))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- w.Drain(ctx, time.Second) }()
	for _, c := range clients {
		c.wantsClose(protocol.CodeRestarting)
	}
	require.NoError(t, <-drained)
}

func TestD8Drain(t *testing.T) {
	w := newWorld(t, relay.Config{Window: 45 * time.Second, BeatAfter: 40 * time.Millisecond})
	server := w.v1Server()
	client, base := w.v1Client(server.peer), w.client(server.peer)
	for range 2 {
		_, _, _ = server.next()
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- w.Drain(ctx, 2*time.Second) }()
	base.wantsClose(protocol.CodeRestarting)
	for _, p := range []*v1{server, client} {
		for typ := ""; typ != "RELAY_RESTARTING"; {
			var message []byte
			if _, typ, message = p.next(); typ == "RELAY_RESTARTING" {
				r, err := protocol.ParseRestarting(message)
				require.NoError(t, err)
				require.Less(t, r.ReconnectIn, 2000)
				require.Equal(t, 45000, r.TryFor)
			}
		}
		_ = p.Close(3000, "")
	}
	require.NoError(t, <-drained)
	w.knock("/server", 0).wantsClose(protocol.CodeRestarting)
}

// After 50 rooms whose peers came, resumed, were cut and left, no state is kept. (TestMain checks
// the goroutines.)
func TestNothingIsKeptOfWhoCameAndWent(t *testing.T) {
	w := newWorld(t, relay.Config{Window: 100 * time.Millisecond, CloseWithin: 50 * time.Millisecond})
	for i := range 50 {
		server := w.v1Server()
		client, base := w.v1Client(server.peer), w.client(server.peer)
		server, client = w.again(server), w.again(client)
		client.send(server.peer, "x", fmt.Sprint(i))
		server.send(&peer{id: "0"}, "RELAY_KICK", `{"request":1,"id":"`+base.id+`"}`)
		if i%2 == 0 {
			_ = server.Close(1000, "")
		}
		server.cut()
		client.cut()
		_ = base.CloseNow()
	}
	w.eventually("all are gone", func(s relay.Stats) bool {
		rooms, absent := w.Remembered()
		return s.Sessions == 0 && s.Rooms == 0 && s.Waiting == 0 && rooms == 0 && absent == 0
	})
}

// Floods of requests, of resumes and of messages to unknown receivers cost at most the
// sender's own connection, and cost other peers nothing.
func TestFloodsHurtNobodyElse(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{WriteWithin: time.Hour, PingAfter: time.Hour})
	other := w.v1Server()
	friend := w.v1Client(other.peer)
	other.hearsOf("PEER_JOINED", friend.peer)
	for i := range 5000 { // its answers are never read
		server.send(&peer{id: "0"}, "RELAY_KICK", fmt.Sprintf(`{"request":%d,"id":"x%d"}`, i, i))
		client.send(&peer{id: []string{"nobody", "noone"}[i%2]}, "x", "1")
	}
	require.LessOrEqual(t, w.Stats().Waiting, int64(2*(256<<10)))
	for range 20 {
		friend = w.again(friend)
		other.hearsOf("PEER_BACK", friend.peer)
		friend.send(other.peer, "x", "1")
		other.hears(friend.id, "x", "1")
	}
}

// For a client that never reads while its server comes and goes, one mark waits, and not a
// message for each time.
func TestClientThatNeverReadsWhileItsServerFlaps(t *testing.T) {
	w := newWorld(t, relay.Config{OutboxFrames: 20, WriteWithin: time.Hour, PingAfter: time.Hour})
	server := w.v1Server()
	client := w.joinV1("/client/"+server.id, "", smallBuffer)
	for w.Stats().Waiting == 0 { // until the kernel takes no more
		server.send(client.peer, "flood", big)
		server.send(&peer{id: "0"}, "RELAY_NOTHING", "{}")
		for typ := ""; typ != "RELAY_ANSWER"; { // the relay has handled it
			_, typ, _ = server.next()
		}
	}
	for range 50 {
		server = w.again(server)
	}
	require.Zero(t, w.Stats().Closed[protocol.CodeTooSlow])
	for order := uint64(0); order != server.attempt; {
		from, typ, message := client.next()
		if from == "0" && typ == "PEER_BACK" {
			p, err := protocol.ParsePresence(message)
			require.NoError(t, err)
			order = p.Order.Attempt
		}
	}
}
