package cluster_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// An inner is a node in the test's own process, with a configuration of the test.
type inner struct {
	*node   // without a process
	cluster *cluster.Node
	relay   *relay.Relay
}

// inside starts a node in the test's own process.
func (w *world) inside(name string, c relay.Config, settings ...func(*cluster.Config)) *inner {
	w.t.Helper()
	key, err := resume.ReadKey(w.key)
	require.NoError(w.t, err)
	internal, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	own := cluster.Config{
		Directory: directory.Config{Endpoints: []string{w.etcd.Endpoint()}},
		Name:      name, Key: key, Advertise: internal.Addr().String(), Window: window,
		Log: slog.New(slog.NewTextHandler(w.t.Output(), nil)),
		End: func(err error) { w.t.Error(err) },
	}
	for _, set := range settings {
		set(&own)
	}
	n := &inner{node: &node{name: name}}
	n.cluster, err = cluster.New(own)
	require.NoError(w.t, err)
	c.Tokens, c.Cluster, c.Window = resume.NewTokens(key), n.cluster, window
	n.relay = relay.New(c)
	public, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	n.address = public.Addr().String()
	server := &http.Server{Handler: n.relay, ConnState: n.relay.ConnState, ConnContext: n.relay.ConnContext}
	served := make(chan struct{})
	w.t.Cleanup(func() {
		late, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = n.relay.Shutdown(late)
		_ = server.Close()
		<-served
		n.cluster.Close(late)
	})
	go func() {
		defer close(served)
		_ = server.Serve(n.relay.Handshakes(n.relay.Listener(public)))
	}()
	require.NoError(w.t, n.cluster.Start(context.Background(), n.relay, internal))
	return n
}

// oneGuess lets a source guess wrong once an hour, from loopback, too.
func oneGuess(t testing.TB) relay.Config {
	t.Helper()
	proxies, err := edge.NewProxies([]string{"10.0.0.0/8"}, edge.XForwardedFor)
	require.NoError(t, err)
	return relay.Config{Proxies: proxies, Settings: relay.Settings{WrongOfSource: quota.Rate{Count: 1, Within: time.Hour}}}
}

// TestOnlyWrongGuessesCost: a newcomer who asks for a room that there is, but whose home does not
// answer, has not guessed wrong. Nor has one who asks while the directory does not answer.
func TestOnlyWrongGuessesCost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.inside("b", oneGuess(t))
	server := w.nodes[0].v1(t, "/server")
	w.nodes[0].kill(t)
	for range 3 {
		b.refuse(t, protocol.CodeServerAway, "/client/"+server.id)
	}
	w.etcd.Pause()
	for range 2 {
		b.refuse(t, protocol.CodeServerAway, "/client/never-drawn")
	}
	w.etcd.Resume()
	require.Eventually(t, func() bool {
		return b.knock(t, "/client/never-drawn").closed() == protocol.CodeNoSuchServer
	}, patience, 100*time.Millisecond)
	b.refuse(t, protocol.CodeOverloaded, "/client/never-drawn")
}

// TestClosedRoomCosts: a newcomer who asks another node for a room that is closed has guessed wrong
// there, as at a single node.
func TestClosedRoomCosts(t *testing.T) {
	w := newWorld(t, 1)
	for name, close := range map[string]func(*peer){
		"b": func(server *peer) {
			server.write(`{"to":"0","type":"RELAY_DOOR","message":{"request":1,"closed":true}}`)
			server.awaits(protocol.TypeRelayAnswer)
		},
		"c": func(server *peer) { w.nodes[0].v1(t, "/client/"+server.id) },
	} {
		edge, home := w.inside(name, oneGuess(t)), w.inside(name+"-home", relay.Config{Settings: relay.Settings{Limits: relay.Limits{RoomClients: 1}}})
		server := home.v1(t, "/server")
		open := home.v1(t, "/server")
		close(server)
		require.Equal(t, protocol.CodeNoSuchServer, edge.knock(t, "/client/"+server.id).closed())
		require.Equal(t, protocol.CodeOverloaded, edge.knock(t, "/client/"+open.id).closed(), "the source has no guess left")
	}
}

// TestTokenThatOneNodeAccepts: a token that has expired is still good for a node that has just
// started (R8). It leads to a home that has not, whose answer is not final for all nodes.
func TestTokenThatOneNodeAccepts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.inside("b", relay.Config{Returning: true})
	server := w.nodes[0].v1(t, "/server")
	key, err := resume.ReadKey(w.key)
	require.NoError(t, err)
	old := peer{}
	old.hello.Resume = resume.NewTokens(key).Sign(resume.Identity{
		ID: "old", Room: protocol.ID(server.id), Generation: 1, Expires: time.Now().Add(-time.Hour),
	})
	for _, c := range []struct {
		at   *node
		code protocol.Code
	}{{b.node, protocol.CodeOverloaded}, {w.nodes[0], protocol.CodeTokenRefused}} {
		c.at.refuse(t, c.code, "/client/"+server.id, protocol.SubprotocolV1, old.credential(1))
	}
}

// TestTooManyNewcomers: they get a code that may be retried, also at a closed room, and peers that
// are no newcomers do not wait for them.
func TestTooManyNewcomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	a, b := w.nodes[0], w.inside("b", relay.Config{})
	server := a.v1(t, "/server")
	client := b.v1(t, "/client/"+server.id)
	closed := b.v1(t, "/server")
	closed.write(`{"to":"0","type":"RELAY_DOOR","message":{"request":1,"closed":true}}`)
	closed.awaits(protocol.TypeRelayAnswer)
	require.NoError(t, client.CloseNow())

	end := b.cluster.FillAsking()
	for _, id := range []string{"never-drawn", server.id, closed.id} {
		b.refuse(t, protocol.CodeServerAway, "/client/"+id)
	}
	b.v1(t, "/server")
	again := b.enter(t, "/client/"+server.id, protocol.SubprotocolV1, client.credential(1))
	talk(server, again)
	end()
	b.refuse(t, protocol.CodeNoSuchServer, "/client/never-drawn")
}

// TestHomeThatIsFull: a home takes as many peers from other nodes as it may, and others get a code
// that may be retried.
func TestHomeThatIsFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	a, b := w.nodes[0], w.inside("b", relay.Config{}, func(c *cluster.Config) { c.Received = 1 })
	server := b.v1(t, "/server")
	client := a.v1(t, "/client/"+server.id)
	a.refuse(t, protocol.CodeServerAway, "/client/"+server.id)
	again := a.knock(t, "/server", protocol.SubprotocolV1, server.credential(1))
	require.Equal(t, protocol.CodeOverloaded, again.closed())
	talk(server, client)
	talk(server, b.v1(t, "/client/"+server.id))

	require.NoError(t, client.CloseNow())
	var other *peer
	require.Eventually(t, func() bool {
		other = a.knock(t, "/client/"+server.id, protocol.SubprotocolV1)
		return other.answer() == nil
	}, patience, 20*time.Millisecond)
	back := a.knock(t, "/client/"+server.id, protocol.SubprotocolV1, client.credential(1))
	_, _, _, err := back.read()
	require.Equal(t, protocol.CodeOverloaded, protocol.Code(websocket.CloseStatus(err)), "it may come back: %v", err)
	require.ErrorContains(t, err, "(5 s)")
	require.NoError(t, other.CloseNow())
	require.Eventually(t, func() bool {
		return a.knock(t, "/client/"+server.id, protocol.SubprotocolV1, client.credential(2)).answer() == nil
	}, patience, 20*time.Millisecond)
}

// TestPeersWhoComeDuringADrain: a home that drains still answers forwards (N8), and asks those who
// come late to leave as it has asked the others.
func TestPeersWhoComeDuringADrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	a, b := w.nodes[0], w.inside("b", relay.Config{})
	server := b.v1(t, "/server")
	ctx, cancel := context.WithCancel(context.Background())
	drained := make(chan error, 1)
	go func() { drained <- b.cluster.Drain(ctx, time.Minute) }()
	defer func() {
		cancel()
		require.ErrorIs(t, <-drained, context.Canceled)
	}()
	server.awaits(protocol.TypeRelayRestarting)

	client := a.v1(t, "/client/"+server.id)
	restarting, err := protocol.ParseRestarting(client.awaits(protocol.TypeRelayRestarting))
	require.NoError(t, err)
	require.LessOrEqual(t, restarting.ReconnectIn, int(time.Minute.Milliseconds()))
	talk(server, client)
}

// TestPeersWhoComeLateInADrain: a client whose server is away comes back to the home that drains, and
// is asked again each time. It must not come ever faster until the drain is over.
func TestPeersWhoComeLateInADrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	a, b := w.nodes[0], w.inside("b", relay.Config{})
	server := b.v1(t, "/server")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, b.cluster.Drain(ctx, time.Millisecond))

	client := a.v1(t, "/client/"+server.id)
	restarting, err := protocol.ParseRestarting(client.awaits(protocol.TypeRelayRestarting))
	require.NoError(t, err)
	require.GreaterOrEqual(t, restarting.ReconnectIn, 1000)
}

// TestNodeThatStoodStill asks the directory before it lets peers in, also those of its own rooms:
// another process may have its name by now.
func TestNodeThatStoodStill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	a, b := w.nodes[0], w.inside("b", relay.Config{})
	server := b.v1(t, "/server")
	w.etcd.Pause()
	b.cluster.StandStill()
	for _, path := range []string{"/client/" + server.id, "/server"} {
		_, _, _, err := b.knock(t, path).read()
		require.Equal(t, protocol.CodeOverloaded, protocol.Code(websocket.CloseStatus(err)))
		require.Equal(t, path == "/server", strings.Contains(err.Error(), "cannot open rooms"), "%v", err)
		require.ErrorContains(t, err, "(1 s)", "etcd may answer soon")
	}
	a.refuse(t, protocol.CodeServerAway, "/client/"+server.id)
	w.etcd.Resume()
	require.Eventually(t, func() bool { return b.knock(t, "/client/"+server.id).answer() == nil }, patience, 100*time.Millisecond)
	talk(server, b.v1(t, "/client/"+server.id))
}

// TestShortIDs: while the directory may have lost rooms, IDs that another server may draw, too, are
// longer (N3).
func TestShortIDs(t *testing.T) {
	w := newWorld(t, 0)
	ids := func(kind string) func() protocol.ID {
		return func() protocol.ID { return protocol.ID(kind + "-" + string(relay.NewUUID())) }
	}
	n := w.inside("a", relay.Config{NewServerID: ids("short"), NewSafeServerID: ids("safe")})
	w.forget("intercessor/young")
	opens := func(kind string) {
		t.Helper()
		require.Regexp(t, "^"+kind+"-", n.base(t, "/server").id)
	}
	opens("short")
	for _, key := range []string{"intercessor/young", "intercessor/nodes/b/0000000000000001/unsettled"} {
		w.ask(clientv3.OpPut(key, "\x01127.0.0.1:1"))
		opens("safe")
		w.forget(key)
		opens("short")
	}
}
