package relay_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

func TestR1TheRelaySelectsANameAndNeverASecret(t *testing.T) {
	w := newWorld(t, relay.Config{})
	for _, c := range []struct {
		offers []string
		want   string
	}{
		{[]string{"intercessor.v1"}, "intercessor.v1"},
		{[]string{"intercessor.base", "x", "intercessor.v1"}, "intercessor.v1"},
		{[]string{"x", "intercessor.base"}, "intercessor.base"},
		{[]string{"intercessor.resume.1.abc"}, ""},
		{[]string{"intercessor.resume.1.abc", "intercessor.base"}, "intercessor.base"},
		{[]string{"x"}, ""},
	} {
		p := w.knockWith("/server", 0, &websocket.DialOptions{Subprotocols: c.offers})
		require.Equal(t, c.want, p.Subprotocol(), "%v", c.offers)
		_, typ, message := p.receive()
		require.Equal(t, "HELLO", typ)
		_, v1 := object(t, message)["resume"]
		require.Equal(t, c.want == "intercessor.v1", v1, "only a v1 peer gets a token")
	}
}

func TestR1HelloOfV1(t *testing.T) {
	w := newWorld(t, relay.Config{Window: 30 * time.Second, OutboxBytes: 128 << 10})
	server := w.v1Server()
	client := w.v1Client(server.peer)
	for _, p := range []*v1{server, client} {
		require.Equal(t, 30, p.hello.Window)
		require.False(t, p.hello.Resumed)
		require.Equal(t, protocol.Limits{Message: 65536, Delivery: 66560, Outbox: 128 << 10, Rate: 32 << 20, StreamRate: 32 << 20}, p.hello.Limits)
		require.Equal(t, `["outcomes"]`, string(p.hello.Features))
	}
	require.False(t, server.hello.ServerKnown)
	require.True(t, client.hello.ServerKnown)
	require.Equal(t, "intercessor.v1", client.hello.Server)
	require.Empty(t, w.v1Client(w.server()).hello.Server, "a base server")
}

// So that peers learn to ignore what they do not know.
func TestR1TheRelaySaysWhatNobodyKnows(t *testing.T) {
	w := newWorld(t, relay.Config{})
	fields, messages := 0, 0
	for fields == 0 || messages == 0 {
		p := w.v1Server()
		fields += p.strange
		p.strange = 0
		p.hearsNothingMore()
		messages += p.strange
		p.cut()
	}
}

func TestR2ACredentialComesInEitherWay(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	for i, with := range []func(credential string) *websocket.DialOptions{
		func(c string) *websocket.DialOptions {
			return &websocket.DialOptions{Subprotocols: []string{"intercessor.v1", "intercessor.resume." + c}}
		},
		func(c string) *websocket.DialOptions {
			return &websocket.DialOptions{Subprotocols: []string{"intercessor.v1"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + c}}}
		},
	} {
		server.attempt = uint64(10 + i)
		p := w.knockWith("/server", 0, with(server.credential()))
		_, typ, message := p.receive()
		hello, err := protocol.ParseHello(message)
		require.NoError(t, err)
		require.Equal(t, "HELLO "+server.id, typ+" "+string(hello.ID))
		require.True(t, hello.Resumed)
	}
}

func TestR3ACredentialOfABasePeerIsIgnored(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	for _, credential := range []string{server.credential(), "nonsense"} {
		p := w.knockWith("/server", 0, &websocket.DialOptions{Subprotocols: []string{"intercessor.base", "intercessor.resume." + credential}})
		_, typ, message := p.receive()
		require.Equal(t, "HELLO", typ)
		require.NotContains(t, string(message), server.id)
	}
	server.hearsNothingMore()
}

func TestR4ATokenIsGoodAtEveryRelayWithTheKey(t *testing.T) {
	tokens := resume.NewTokens()
	first := newWorld(t, relay.Config{Tokens: tokens})
	server := first.v1Server()
	client := first.v1Client(server.peer)
	second := newWorld(t, relay.Config{Tokens: tokens})
	server2 := second.again(server)
	require.Equal(t, server.id, server2.id)
	server2.hears("0", "RELAY_PRESENT", "{}")
	client2 := second.again(client)
	require.Equal(t, client.id, client2.id)
	server2.hearsOf("PEER_BACK", client.peer)
	client2.send(server.peer, "x", "1")
	server2.hears(client.id, "x", "1")

	other := newWorld(t, relay.Config{})
	other.refused(server).wantsClose(protocol.CodeTokenRefused)
}

func TestR4ATokenIsRenewed(t *testing.T) {
	w := newWorld(t, relay.Config{PingAfter: 40 * time.Millisecond, PongWithin: time.Hour})
	server := w.v1Server()
	w.RenewTokens()
	from, typ, message := server.next()
	require.Equal(t, "0 RELAY_TOKEN", from+" "+typ)
	token, err := protocol.ParseToken(message)
	require.NoError(t, err)
	before := server.hello.Resume
	server.hello.Resume = token
	again := w.again(server)
	require.Equal(t, server.id, again.id)

	// It is of the same generation: both name the same connection.
	server.hello.Resume = before
	later := w.again(server)
	require.Equal(t, server.id, later.id)
	again.wantsClose(protocol.CodeReplaced)
}

func TestR5AHigherOrderTakesThePlaceWhileTheOldSocketLives(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	client2 := w.again(client)
	require.Equal(t, client.id, client2.id)
	require.True(t, client2.hello.Resumed)
	client.wantsClose(protocol.CodeReplaced)
	order := server.hearsOf("PEER_BACK", client.peer).Order
	require.EqualValues(t, 1, order.Generation)
	require.EqualValues(t, client.attempt, order.Attempt)
	client2.send(server.peer, "x", "1")
	server.hears(client.id, "x", "1")

	server2 := w.again(server)
	server.wantsClose(protocol.CodeReplaced)
	server2.hearsOf("PEER_BACK", client.peer)
	server2.hears("0", "RELAY_PRESENT", "{}")
	client2.hearsOf("PEER_BACK", server.peer)
	server2.send(client.peer, "y", "2")
	client2.hears(server.id, "y", "2")
	w.eventually("the old ones are gone", func(s relay.Stats) bool { return s.Sessions == 2 })
	server2.hearsNothingMore() // it is not affected
}

func TestR5ALowerOrderIsClosed(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	for _, p := range []*v1{server, client} {
		newer := w.again(w.again(p)) // of the next generation but one
		p.attempt += 1000            // an old token, however high the attempt
		w.refused(p).wantsClose(protocol.CodeReplaced)
		newer.send(&peer{id: "0"}, "RELAY_NOTHING", "{}") // lives
		for typ := ""; typ != "RELAY_ANSWER"; {
			_, typ, _ = newer.next()
		}
	}
}

// A peer whose HELLO was lost with the connection can resume.
func TestR5TheOldTokenComesAgainWithAHigherAttempt(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	for range 3 {
		require.Equal(t, server.id, w.again(server).id)
	}
	server.attempt -= 2
	w.refused(server).wantsClose(protocol.CodeReplaced)
}

func TestR5OfManyResumesAtOnceOneLives(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{CloseWithin: 50 * time.Millisecond})
	for range 5 {
		const n = 8
		var alive []*peer
		var mu sync.Mutex
		var all sync.WaitGroup
		client.attempt++
		for range n {
			p := w.knockV1(client.path, client.credential(), 0)
			all.Go(func() {
				for {
					if _, text, err := p.Read(p.ctx); err != nil {
						require.Equal(t, protocol.CodeReplaced, protocol.Code(websocket.CloseStatus(err)))
						return
					} else if strings.Contains(string(text), "still") {
						mu.Lock()
						alive = append(alive, p)
						mu.Unlock()
						return
					}
				}
			})
		}
		w.eventually("one lives", func(s relay.Stats) bool { return s.Sessions == 2 })
		server.send(client.peer, "still", "1")
		all.Wait()
		require.Len(t, alive, 1)
		// The order that the server was told last is that of the open connection.
		_ = alive[0].CloseNow()
		var last protocol.Order
		for typ := ""; typ != "PEER_AWAY"; {
			var message []byte
			_, typ, message = server.next()
			p, err := protocol.ParsePresence(message)
			require.NoError(t, err)
			require.GreaterOrEqual(t, p.Order.Compare(last), 0, "orders rise")
			last = p.Order
		}
	}
}

func TestR7OriginDecidesAboutAResumeToo(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.v1Server()
	_, answer, err := websocket.Dial(t.Context(), w.url+"/server", &websocket.DialOptions{
		Subprotocols: []string{"intercessor.v1", "intercessor.resume." + server.credential()},
		HTTPHeader:   http.Header{"Origin": {"https://elsewhere.example"}},
	})
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, answer.StatusCode)
}

func TestR8ATokenThatIsNotRightIsRefusedWithoutHello(t *testing.T) {
	tokens := resume.NewTokens()
	w := newWorld(t, relay.Config{Tokens: tokens})
	server, other := w.v1Server(), w.v1Server()
	client := w.v1Client(server.peer)
	token := server.hello.Resume
	expired := tokens.Sign(resume.Identity{ID: server.hello.ID, Room: server.hello.ID, Server: true, Expires: time.Now().Add(-time.Second)})
	for _, c := range []struct{ why, path, credential string }{
		{"forged", "/server", "1." + strings.Repeat("A", len(token))},
		{"changed", "/server", "1." + token[:10] + "__" + token[12:]},
		{"cut off", "/server", "1." + token[:len(token)-4]},
		{"expired", "/server", "1." + expired},
		{"of a client", "/server", "1." + client.hello.Resume},
		{"of a server", "/client/" + server.id, "1." + token},
		{"of another room", "/client/" + other.id, "1." + client.hello.Resume},
		{"of no room", "/client/nobody", "1." + client.hello.Resume},
		{"with an attempt of 2^53", "/server", "9007199254740992." + token},
	} {
		_, _, err := w.knockV1(c.path, c.credential, 0).Read(t.Context())
		require.Equal(t, protocol.CodeTokenRefused, protocol.Code(websocket.CloseStatus(err)), "%s: %v", c.why, err)
		require.NotContains(t, err.Error(), token[:20], "the secret is not repeated")
	}
	for _, credential := range []string{token, "-1." + token} { // which Authorization takes for access secrets (A2)
		p := w.knockWith("/server", 0, &websocket.DialOptions{Subprotocols: []string{"intercessor.v1", "intercessor.resume." + credential}})
		_, _, err := p.Read(t.Context())
		require.Equal(t, protocol.CodeTokenRefused, protocol.Code(websocket.CloseStatus(err)), "without an attempt: %v", err)
	}
	p := w.knockWith("/server", 0, &websocket.DialOptions{
		Subprotocols: []string{"intercessor.v1", "intercessor.resume.1." + token},
		HTTPHeader:   http.Header{"Authorization": {"Bearer 1." + token}},
	})
	_, _, err := p.Read(t.Context())
	require.Equal(t, protocol.CodeTokenRefused, protocol.Code(websocket.CloseStatus(err)), "two credentials")
	server.hearsOf("PEER_JOINED", client.peer)
	server.hearsNothingMore() // the server was not told
}

func TestR9HowAConnectionEndsSaysWhatThePeerMeans(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*v1)
		want string // what its server hears
	}{
		{"1000", func(p *v1) { _ = p.Close(1000, "") }, `PEER_GONE ,"reason":"left"}`},
		{"1001", func(p *v1) { _ = p.Close(1001, "") }, `PEER_AWAY ,"window":15}`},
		{"3000", func(p *v1) { _ = p.Close(3000, "") }, `PEER_AWAY ,"window":40}`},
		{"4510 of the peer's own", func(p *v1) { _ = p.Close(4510, "") }, `PEER_AWAY ,"window":40}`},
		{"no close frame", (*v1).cut, `PEER_AWAY ,"window":40}`},
		{"a broken rule", func(p *v1) { p.raw("[]") }, `PEER_GONE ,"reason":"refused"}`},
		{"a binary message", func(p *v1) { _ = p.Write(p.ctx, websocket.MessageBinary, []byte("x")) }, `PEER_GONE ,"reason":"refused"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, server, client := v1Room(t, relay.Config{Window: 40 * time.Second})
			c.end(client)
			_, typ, message := server.next()
			_, rest, _ := strings.Cut(string(message), "]")
			require.Equal(t, c.want, typ+" "+rest)
		})
	}
}

// A proxy between peer and relay may break the framing: if it ends every connection with a wrong
// close frame, that does not end the rooms.
func TestR9ABrokenFrameMayNotBeThePeers(t *testing.T) {
	w := newWorld(t, relay.Config{Window: 40 * time.Second})
	server := w.v1Server()
	u, err := url.Parse(w.url)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", u.Host)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, handshake("/client/"+server.id, "Sec-WebSocket-Protocol: intercessor.v1"))
	require.NoError(t, err)
	_, typ, _ := server.next()
	require.Equal(t, "PEER_JOINED", typ)
	_, err = io.WriteString(conn, "\x88\x02\x03\xe9") // 1001, unmasked
	require.NoError(t, err)
	_, typ, message := server.next()
	require.Equal(t, "PEER_AWAY", typ)
	require.Contains(t, string(message), `"window":40`)
	w.eventually("it is closed with 1002", func(s relay.Stats) bool { return s.Closed[protocol.CodeProtocolError] == 1 })
}

func TestR9AServerThatLeavesEndsItsRoom(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	_ = server.Close(1000, "")
	require.Equal(t, "left", client.hearsOf("PEER_GONE", server.peer).Reason)
	client.wantsClose(protocol.CodeServerGone)
	w.eventually("nothing is left", func(s relay.Stats) bool { return s.Rooms == 0 && s.Sessions == 0 })
}

func TestR9TheRelaysRetryCodesMeanAway(t *testing.T) {
	_, server, client := v1Room(t, relay.Config{MessageWithin: 40 * time.Millisecond})
	body, err := client.Writer(client.ctx, websocket.MessageText)
	require.NoError(t, err)
	_, err = body.Write(slices.Repeat([]byte(" "), 5000)) // a message that does not end
	require.NoError(t, err)
	client.wantsClose(protocol.CodeMessageTimeout)
	server.hearsOf("PEER_AWAY", client.peer)
}

func TestR10WhereTheServerMayStillCome(t *testing.T) {
	w, server, _ := v1Room(t, relay.Config{})
	w.knock("/client/nobody", 0).wantsClose(protocol.CodeNoSuchServer)
	server.asks("RELAY_DOOR", `{"request":1,"closed":true}`, `{"request":1}`)
	_, _, closed := w.knock("/client/"+server.id, 0).Read(t.Context())
	_, _, unknown := w.knock("/client/nobody", 0).Read(t.Context())
	require.Equal(t, unknown.Error(), closed.Error(), "a closed room looks like none")

	server.cut()
	w.eventually("it is noticed", func(s relay.Stats) bool { return s.Sessions == 1 })
	w.knock("/client/"+server.id, 0).wantsClose(protocol.CodeServerAway)
	w.knockV1("/client/"+server.id, "", 0).wantsClose(protocol.CodeServerAway)
	w.knock("/client/nobody", 0).wantsClose(protocol.CodeNoSuchServer)
}

func TestR10ARelayThatHasRestartedIsNotSure(t *testing.T) {
	w := newWorld(t, relay.Config{Returning: true, Window: 500 * time.Millisecond})
	w.knock("/client/nobody", 0).wantsClose(protocol.CodeServerAway)
	require.Eventually(t, func() bool {
		_, _, err := w.knock("/client/nobody", 0).Read(t.Context())
		return protocol.Code(websocket.CloseStatus(err)) == protocol.CodeNoSuchServer
	}, patience, 50*time.Millisecond, "after one window it is")
}

func TestR11AClientWithATokenWaitsForItsServer(t *testing.T) {
	tokens := resume.NewTokens()
	before := newWorld(t, relay.Config{Tokens: tokens})
	server := before.v1Server()
	client := before.v1Client(server.peer)

	w := newWorld(t, relay.Config{Tokens: tokens})
	client2 := w.again(client)
	require.Equal(t, 60, client2.hearsOf("PEER_AWAY", server.peer).Window)
	client2.send(server.peer, "x", "1")
	client2.hears("0", "RELAY_UNDELIVERED", `{"to":"`+server.id+`","reason":"absent"}`)
	server2 := w.again(server)
	server2.hearsOf("PEER_BACK", client.peer)
	server2.hears("0", "RELAY_PRESENT", "{}")
	client2.hearsOf("PEER_BACK", server.peer)

	short := newWorld(t, relay.Config{Tokens: tokens, Window: 200 * time.Millisecond})
	client3 := short.again(client2)
	client3.hearsOf("PEER_AWAY", server.peer)
	client3.wantsClose(protocol.CodeServerAway) // the server may be elsewhere
	short.eventually("nothing is left", func(s relay.Stats) bool { return s.Rooms == 0 && s.Sessions == 0 })
}

// Not even when it comes as the room ends: it opens the next.
func TestR11AClientWithATokenIsLetInWhileItsRoomEnds(t *testing.T) {
	w := newWorld(t, relay.Config{})
	for range 30 {
		server := w.v1Server()
		client := w.v1Client(server.peer)
		go func() { _ = server.Close(1000, "") }()
		client2 := w.refused(client)
		from, typ, _ := client2.receive()
		require.Equal(t, "0 HELLO", from+" "+typ)
		_ = client2.CloseNow()
	}
}
