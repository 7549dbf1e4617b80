package relay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// iceOf names one server, with the peer's ID as the name, for some seconds.
type iceOf struct {
	url     string
	seconds int
}

func (i iceOf) For(peer ice.Peer, _ time.Time) protocol.ICE {
	return protocol.ICE{Servers: []byte(`[{"urls":["` + i.url + `"],"username":"` + string(peer.ID) + `","credential":"x"}]`), ExpiresIn: i.seconds}
}

// toldOfICE receives messages until RELAY_ICE comes.
func (p *v1) toldOfICE() protocol.ICE {
	p.t.Helper()
	for {
		from, typ, message := p.next()
		if from == "0" && typ == protocol.TypeRelayICE {
			ice, err := protocol.ParseICE(message)
			require.NoError(p.t, err)
			return ice
		}
	}
}

func TestI1HelloBringsEachV1PeerServersOfItsOwn(t *testing.T) {
	servers := iceOf{"turn:turn.example", 600}
	w, server, client := v1Room(t, relay.Config{Settings: relay.Settings{ICEServers: servers}})
	for _, p := range []*v1{server, client} {
		require.Equal(t, servers.For(ice.Peer{ID: p.hello.ID}, time.Now()), p.hello.ICE)
	}
	client = w.again(client)
	require.True(t, client.hello.Resumed)
	require.Equal(t, servers.For(ice.Peer{ID: client.hello.ID}, time.Now()), client.hello.ICE)

	_, _, hello := w.knock("/client/"+server.id, 0).receive()
	require.NotContains(t, string(hello), "ice", "base peers are told of none")
}

func TestI1WithoutServersNothingIsSaid(t *testing.T) {
	_, server, _ := v1Room(t, relay.Config{})
	require.Equal(t, protocol.ICE{}, server.hello.ICE)
	server.hearsNothingMore()
}

func TestI3ServersAreRenewedWhileHalfOfTheirTimeIsLeft(t *testing.T) {
	servers := iceOf{"turn:turn.example", 2}
	soon(t, 4*time.Second, "each comes before the one before has expired", func() {
		_, server, client := v1Room(t, relay.Config{PingAfter: 400 * time.Millisecond, Settings: relay.Settings{ICEServers: servers}})
		begin := time.Now()
		for range 2 {
			for _, p := range []*v1{server, client} {
				require.Equal(t, servers.For(ice.Peer{ID: p.hello.ID}, time.Now()), p.toldOfICE())
			}
		}
		require.Greater(t, time.Since(begin), time.Second, "not all the time")
	})
}

func TestI3OtherServersReachWhoIsHere(t *testing.T) {
	always, other := iceOf{"turn:turn.example", 0}, iceOf{"turn:other.example", 0}
	w, server, client := v1Room(t, relay.Config{BeatAfter: 20 * time.Millisecond, Settings: relay.Settings{ICEServers: always}})
	require.Equal(t, always.For(ice.Peer{ID: client.hello.ID}, time.Now()), client.hello.ICE)
	require.NoError(t, w.Reload(relay.Settings{ICEServers: other}))
	for _, p := range []*v1{server, client} {
		require.Equal(t, other.For(ice.Peer{ID: p.hello.ID}, time.Now()), p.toldOfICE())
	}
	require.NoError(t, w.Reload(relay.Settings{}))
	require.Equal(t, protocol.ICE{Servers: []byte("[]")}, client.toldOfICE())
	require.Equal(t, protocol.ICE{}, w.v1Client(server.peer).hello.ICE)
}

func TestTheOperatorsServerInfoIsReplacedByTheServers(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	require.Nil(t, client.hello.ServerInfo)
	info := func() (v1, base string) {
		_, _, hello := w.knock("/client/"+server.id, 0).receive()
		return string(w.v1Client(server.peer).hello.ServerInfo), string(object(t, hello)["serverInfo"])
	}
	asks := func(request, answer string) {
		server.send(&peer{id: "0"}, "RELAY_INFO", request)
		for {
			_, typ, message := server.next()
			if typ == "RELAY_ANSWER" {
				require.Equal(t, answer, string(message))
				return
			}
		}
	}

	require.NoError(t, w.Reload(relay.Settings{ServerInfo: []byte(`{"n": 1.0}`)}))
	v1, base := info()
	require.Equal(t, []string{`{"n": 1.0}`, `{"n": 1.0}`}, []string{v1, base})
	require.Nil(t, w.v1Server().hello.ServerInfo, "it is for clients")

	asks(`{"request":1,"serverInfo":2}`, `{"request":1}`)
	require.NoError(t, w.Reload(relay.Settings{ServerInfo: []byte(`3`)}))
	v1, base = info()
	require.Equal(t, []string{`2`, `2`}, []string{v1, base})

	asks(`{"request":2,"serverInfo":null}`, `{"request":2}`)
	v1, _ = info()
	require.Equal(t, `3`, v1)
	require.NoError(t, w.Reload(relay.Settings{}))
	v1, _ = info()
	require.Empty(t, v1)
}

func TestServerInfoThatNoPeerCouldRead(t *testing.T) {
	w := newWorld(t, relay.Config{})
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, right := range []string{deep(protocol.MaxDepth - 2), `"` + strings.Repeat("x", protocol.MaxServerInfo-2) + `"`} {
		require.NoError(t, w.Reload(relay.Settings{ServerInfo: []byte(right)}))
		require.Len(t, w.v1Client(w.server()).hello.ServerInfo, len(right))
	}
	for _, wrong := range []string{"", "{", "1 2", `1}`, `1],[2`, deep(protocol.MaxDepth - 1), `"` + strings.Repeat("x", protocol.MaxServerInfo-1) + `"`} {
		require.Error(t, w.Reload(relay.Settings{ServerInfo: []byte(wrong)}), wrong)
	}
}
