package relay_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

func TestP1PresenceCarriesTheOrderOfTheConnection(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	client := w.v1Client(server.peer)
	first := server.hearsOf("PEER_JOINED", client.peer)
	require.Zero(t, first.Order.Generation)
	require.Zero(t, first.Order.Attempt)
	require.NotZero(t, first.Order.Random)
	require.Equal(t, "intercessor.v1", first.Protocol)
	client.attempt = 1000
	client2 := w.again(client)
	back := server.hearsOf("PEER_BACK", client.peer) // it was never away
	require.Equal(t, [2]uint64{1, 1001}, [2]uint64{back.Order.Generation, back.Order.Attempt})
	client2.cut()
	require.Equal(t, back.Order, server.hearsOf("PEER_AWAY", client.peer).Order)
	client3 := w.again(client2)
	third := server.hearsOf("PEER_BACK", client.peer)
	require.Positive(t, third.Order.Compare(back.Order))
	_ = client3.Close(1000, "")
	require.Equal(t, third.Order, server.hearsOf("PEER_GONE", client.peer).Order)
}

// What is under way when the other side goes and comes is behind its presence, too.
func TestP2PresenceComesBeforeThePeersNextMessage(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	for i := range 20 {
		client = w.again(client)
		client.send(server.peer, "n", fmt.Sprint(i))
		server.hearsOf("PEER_BACK", client.peer)
		server.hears(client.id, "n", fmt.Sprint(i))

		server = w.again(server)
		server.send(client.peer, "n", fmt.Sprint(i))
		client.hearsOf("PEER_BACK", server.peer)
		client.hears(server.id, "n", fmt.Sprint(i))
		server.hearsOf("PEER_BACK", client.peer)
		server.hears("0", "RELAY_PRESENT", "{}")
	}
}

// In a room of 2,000 with a slow server every client is named, RELAY_PRESENT comes last, and the
// outbox does not overflow.
func TestP2P3EverybodyIsNamedHoweverManyTheyAre(t *testing.T) {
	const n = 2000
	for _, buffer := range []int{0, smallBuffer} {
		t.Run(fmt.Sprintf("receive buffer %d", buffer), func(t *testing.T) {
			// HoldWithin: a busy machine keeps the server from reading, and newcomers must not be refused for it.
			w := newWorld(t, relay.Config{OutboxFrames: 50, WriteWithin: time.Hour, PingAfter: time.Hour, HoldWithin: time.Hour})
			server := w.v1Server()
			var mu sync.Mutex
			missing := map[string]bool{}
			var all sync.WaitGroup
			go func() {
				for {
					if _, _, err := server.Read(server.ctx); err != nil {
						return
					}
				}
			}()
			for range 20 {
				all.Go(func() {
					for range n / 20 {
						c := w.wire("/client/" + server.id)
						mu.Lock()
						missing[c.id] = true
						mu.Unlock()
					}
				})
			}
			all.Wait()
			server.attempt++
			again := w.joinV1("/server", server.credential(), buffer)
			w.eventually("the rest waits", func(s relay.Stats) bool { return buffer == 0 || s.Waiting > 0 })
			require.LessOrEqual(t, w.Stats().Waiting, int64(64<<10))
			for i := 0; ; i++ {
				from, typ, message := again.next()
				require.Equal(t, "0", from)
				if typ == "RELAY_PRESENT" {
					break
				}
				require.Equal(t, "PEER_JOINED", typ)
				p, err := protocol.ParsePresence(message)
				require.NoError(t, err)
				delete(missing, string(p.ID))
			}
			require.Empty(t, missing)
			require.Equal(t, map[protocol.Code]uint64{protocol.CodeReplaced: 1}, w.Stats().Closed)
		})
	}
}

// For a server that reads nothing while clients come and go, one mark for each client waits, and
// the server learns their last states.
func TestP2PresenceIsStateAndNotAQueue(t *testing.T) {
	w := newWorld(t, relay.Config{OutboxFrames: 20, WriteWithin: time.Hour, PingAfter: time.Hour})
	server := w.v1Server()
	client := w.v1Client(server.peer)
	for range 3 { // what fills the way to the server: it does not read
		filler := w.v1Client(server.peer)
		go func() {
			for filler.trySend(server.peer, "flood", big) == nil {
			}
		}()
	}
	w.eventually("it is full", func(s relay.Stats) bool { return s.Waiting > 100<<10 })
	for range 100 {
		client = w.again(client)
	}
	last := protocol.Presence{}
	for last.Order.Attempt != client.attempt {
		from, typ, message := server.next()
		if from == "0" && typ == "PEER_BACK" {
			p, err := protocol.ParsePresence(message)
			require.NoError(t, err)
			require.Positive(t, p.Order.Compare(last.Order))
			last = p
		}
	}
}

func TestP3ResumedServerHearsOfThePresentOnly(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	ann, bob := w.v1Client(server.peer), w.v1Client(server.peer)
	carl := w.client(server.peer)
	for range 3 {
		_, typ, _ := server.next()
		require.Equal(t, "PEER_JOINED", typ)
	}
	ann.cut()
	server.hearsOf("PEER_AWAY", ann.peer)
	again := w.again(server)
	got := map[string]string{}
	for {
		_, typ, message := again.next()
		if typ == "RELAY_PRESENT" {
			require.Equal(t, "{}", string(message))
			break
		}
		p, err := protocol.ParsePresence(message)
		require.NoError(t, err)
		got[string(p.ID)] = typ + " " + p.Protocol
	}
	require.Equal(t, map[string]string{bob.id: "PEER_JOINED intercessor.v1", carl.id: "PEER_JOINED "}, got)
	again.hearsNothingMore()
}

func TestP3AClientThatResumesHearsThatItsServerIsAway(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	client2 := w.again(client)
	client2.asks("RELAY_DOOR", `{"request":1,"closed":true}`, `{"request":1,"error":"denied"}`) // nothing before: it is here
	server.cut()
	client2.hearsOf("PEER_AWAY", server.peer)
	client3 := w.again(client2)
	client3.hearsOf("PEER_AWAY", server.peer)
}

func TestP4TheWindowEnds(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{Window: 200 * time.Millisecond})
	client.cut()
	require.Equal(t, 1, server.hearsOf("PEER_AWAY", client.peer).Window, "in whole seconds")
	require.Equal(t, "timeout", server.hearsOf("PEER_GONE", client.peer).Reason)
	w.eventually("nobody is remembered", func(relay.Stats) bool {
		rooms, absent := w.Remembered()
		return rooms == 0 && absent == 0
	})
}

func TestP5BasePeersInAV1Room(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	client := w.client(server.peer)
	require.Empty(t, server.hearsOf("PEER_JOINED", client).Protocol)
	_ = client.CloseNow()
	require.Equal(t, "timeout", server.hearsOf("PEER_GONE", client).Reason, "it has no window")
	for reason, end := range map[string]func(p *peer){
		"left":    func(p *peer) { _ = p.Close(1001, "") },
		"refused": func(p *peer) { _ = p.Write(p.ctx, websocket.MessageText, []byte("[]")) },
	} {
		p := w.client(server.peer)
		server.hearsOf("PEER_JOINED", p)
		end(p)
		require.Equal(t, reason, server.hearsOf("PEER_GONE", p).Reason)
	}

	another := w.client(server.peer)
	server.hearsOf("PEER_JOINED", another)
	server.cut()
	_, _, err := another.Read(another.ctx)
	require.Equal(t, protocol.CodeServerAway, protocol.Code(websocket.CloseStatus(err)), "its server may be back: no PEER_GONE before")
}

func TestP5V1PeersInABaseRoom(t *testing.T) {
	w := newWorld(t, relay.Config{Window: time.Second})
	server := w.server()
	client := w.v1Client(server)
	server.wantsJoined(client.peer)
	client.cut()
	server.wantsGone(client.peer)
	client2 := w.again(client)
	server.wantsJoined(client.peer)
	client3 := w.again(client2)
	client3.send(server, "x", "1")
	server.wants(client.id, "x", "1") // the server was not told
	server.send(client.peer, "y", "2")
	client3.hears(server.id, "y", "2")

	_ = server.CloseNow()
	require.Equal(t, "timeout", client3.hearsOf("PEER_GONE", server).Reason, "a base server has no window")
	client3.wantsClose(protocol.CodeServerGone)
}

func TestP6ReasonsOfGone(t *testing.T) { // left and refused: R9; timeout: P4
	_, server, client := v1Room(t, relay.Config{})
	server.send(&peer{id: "0"}, "RELAY_KICK", `{"request":1,"id":"`+client.id+`"}`)
	require.Equal(t, "kicked", server.hearsOf("PEER_GONE", client.peer).Reason)
}

// Away and back with messages in transit: each side gets well-formed presence, and each message
// at most once and in order.
func TestP7AwayAndBackWithMessagesUnderWay(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	heard := make(chan string, 1)
	go func() {
		state, last := "there", 0
		for {
			_, text, err := server.Read(server.ctx)
			if err != nil {
				heard <- err.Error()
				return
			}
			d, err := protocol.ParseDelivery(text)
			if err != nil {
				heard <- err.Error()
				return
			}
			n := 0
			switch typ := string(d.Type); {
			case typ == "PEER_AWAY" && state == "there":
				state = "away"
			case typ == "PEER_BACK":
				state = "there"
			case typ == "n" && state == "there":
				_, _ = fmt.Sscan(string(d.Message), &n)
				if n <= last {
					heard <- "a message came twice or out of order"
					return
				}
				last = n
			case typ == "end":
				heard <- ""
				return
			case typ[0] != 'R':
				heard <- typ + " of one who is " + state
				return
			}
		}
	}()
	for i := range 500 {
		client.send(server.peer, "n", fmt.Sprint(i+1))
		if i%25 == 0 {
			if i%50 == 0 {
				client.cut()
			}
			client = w.again(client)
		}
	}
	client.send(server.peer, "end", "1")
	require.Empty(t, <-heard)
}
