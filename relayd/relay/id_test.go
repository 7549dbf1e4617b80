package relay_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// inTurn returns IDs in their order, and then others.
func inTurn(ids ...string) func() protocol.ID {
	var drawn atomic.Int64
	return func() protocol.ID {
		n := int(drawn.Add(1))
		if n > len(ids) {
			return protocol.ID("more-" + strconv.Itoa(n))
		}
		return protocol.ID(ids[n-1])
	}
}

// TestB52EverySpelling: each spelling of the vectors leads to the room, or to no room.
func TestB52EverySpelling(t *testing.T) {
	var all []struct {
		Name, ID, Asked string
		Same            bool
	}
	require.NoError(t, json.Unmarshal([]byte(vectors.Spellings), &all))
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			w := newWorld(t, relay.Config{NewServerID: inTurn(v.ID)})
			server := w.server()
			require.Equal(t, v.ID, server.id)
			path := "/client/" + url.PathEscape(v.Asked)
			if !v.Same {
				w.knock(path, 0).wantsClose(protocol.CodeNoSuchServer)
				return
			}
			client := w.knock(path, 0)
			_, typ, message := client.receive()
			require.Equal(t, protocol.TypeHello, typ)
			hello, err := protocol.ParseHello(message)
			require.NoError(t, err)
			client.id = string(hello.ID)
			if v.Asked == v.ID {
				require.Empty(t, hello.Room, "it knows")
			} else {
				require.EqualValues(t, v.ID, hello.Room)
			}
			server.wantsJoined(client)
			client.send(server, "x", "1")
			server.wants(client.id, "x", "1")
			server.send(client, "y", "2")
			client.wants(v.ID, "y", "2")
			require.NoError(t, server.Close(websocket.StatusNormalClosure, ""))
			client.wantsGone(server)
		})
	}
}

// TestB52OnlyTheHandshake: messages go to an ID as it is, and to no other spelling of it.
func TestB52OnlyTheHandshake(t *testing.T) {
	w := newWorld(t, relay.Config{NewServerID: inTurn("apple-pie")})
	server := w.server()
	client := w.dial("/client/Applepie", 0)
	server.wantsJoined(client)
	client.send(&peer{id: "applepie"}, "x", "1")
	client.send(server, "y", "2")
	server.wants(client.id, "y", "2")
	require.EqualValues(t, 1, w.Stats().Dropped[relay.DropAbsent])
	client.send(&peer{id: "Apple Pie"}, "x", "1")
	client.wantsClose(protocol.CodeInvalidField)
}

// TestB52AResumeInAnotherSpelling: a token is valid for every spelling of its room, also after a
// restart of the relay, when the client may be the first to name the room.
func TestB52AResumeInAnotherSpelling(t *testing.T) {
	tokens := resume.NewTokens()
	w := newWorld(t, relay.Config{Tokens: tokens, NewServerID: inTurn("apple-pie", "apple-tie")})
	server := w.joinV1("/server", "", 0)
	w.server()
	client := w.joinV1("/client/APPLE%20PIE", "", 0)
	require.EqualValues(t, "apple-pie", client.hello.Room)
	server.hearsOf("PEER_JOINED", client.peer)
	credential := "7." + client.hello.Resume
	client.cut()
	server.hearsOf("PEER_AWAY", client.peer)
	w.knockV1("/client/Apple%20Tie", credential, 0).wantsClose(protocol.CodeTokenRefused)
	again := w.joinV1("/client/Apple%20Pie", "8."+client.hello.Resume, 0)
	require.Equal(t, client.id, again.id)
	server.hearsOf("PEER_BACK", client.peer)

	later := newWorld(t, relay.Config{Tokens: tokens, Returning: true})
	first := later.joinV1("/client/applePIE", "9."+again.hello.Resume, 0)
	require.EqualValues(t, "apple-pie", first.hello.Room, "as the token says")
	back := later.joinV1("/server", "9."+server.hello.Resume, 0)
	require.Equal(t, "apple-pie", back.id)
	back.hearsOf("PEER_BACK", first.peer)
	first.send(back.peer, "x", "1")
	back.hears("0", "RELAY_PRESENT", "{}")
	back.hears(first.id, "x", "1")
}

// TestB8NoTwoOfOneID: an ID that is in use, in any spelling, is drawn again, and its owner keeps
// it.
func TestB8NoTwoOfOneID(t *testing.T) {
	w := newWorld(t, relay.Config{
		NewServerID: inTurn("drop-down", "dropdown", "drop-down", "other"),
		NewClientID: inTurn("ann", "ann", "drop-down", "bob", "bob", "cid"),
	})
	server := w.joinV1("/server", "", 0)
	other := w.server()
	require.Equal(t, "drop-down other", server.id+" "+other.id)
	ann, bob := w.joinV1("/client/drop-down", "", 0), w.client(server.peer)
	require.Equal(t, "ann bob", ann.id+" "+bob.id, "nor is a client called as its server is")
	server.hearsOf("PEER_JOINED", ann.peer)
	server.hearsOf("PEER_JOINED", bob)
	server.send(&peer{id: "0"}, "RELAY_KICK", `{"request":1,"id":"bob"}`)
	bob.wantsClose(protocol.CodeKicked)
	cid := w.client(server.peer)
	require.Equal(t, "cid", cid.id, "who was sent away is not somebody else")
	ann.send(server.peer, "x", "1")
	for typ := ""; typ != "x"; {
		var from string
		if from, typ, _ = server.receive(); typ == "x" {
			require.Equal(t, "ann", from, "still there")
		}
	}
}

// TestTheHookIsToldTheTrueID of a room, so that it need not know how IDs are spelt.
func TestTheHookIsToldTheTrueID(t *testing.T) {
	var rooms []string
	w := newWorld(t, relay.Config{NewServerID: inTurn("apple-pie"), Settings: relay.Settings{Authorize: func(_ context.Context, r access.Request) (access.Grant, error) {
		rooms = append(rooms, r.Room)
		return access.Grant{}, nil
	}}})
	server := w.entersWith("a", "/server", "")
	client := w.entersWith("b", "/client/Apple%20Pie", "")
	server.cut()
	client.cut()
	w.eventually("all are away", func(s relay.Stats) bool { return s.Sessions == 0 })
	w.entersWith("c", "/client/APPLE-PIE", "3."+client.hello.Resume)
	w.with("d", "/client/Nobody%20Here", "").wantsClose(protocol.CodeNoSuchServer)
	require.Equal(t, []string{"", "apple-pie", "apple-pie", "Nobody Here"}, rooms)
}
