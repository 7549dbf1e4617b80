package native_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// wire is the UDP socket of a TURN server through which all packets between two peers pass. It
// can drop them, and no side is told.
type wire struct {
	net.PacketConn

	mu   sync.Mutex // guards what follows
	cut  bool
	dead map[string]bool // the peers' sockets that carry nothing any more
	seen map[string]bool
}

func (w *wire) drops(addr net.Addr) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[addr.String()] = true
	return w.cut || w.dead[addr.String()]
}

func (w *wire) ReadFrom(p []byte) (n int, addr net.Addr, err error) {
	for {
		n, addr, err = w.PacketConn.ReadFrom(p)
		if err != nil || !w.drops(addr) {
			return n, addr, err
		}
	}
}

func (w *wire) WriteTo(p []byte, addr net.Addr) (int, error) {
	if w.drops(addr) {
		return len(p), nil
	}
	return w.PacketConn.WriteTo(p, addr)
}

func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
}

// kill has the sockets that the peers have used until now carry nothing any more.
func (w *wire) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead, w.seen = w.seen, make(map[string]bool)
}

// wired returns both sides of a connection whose direct path leads over a wire, when their
// messages take it.
func wired(t testing.TB, relay *relayproc.Relay) (w *wire, server, client *sdk.Conn) {
	t.Helper()
	w, options := newWire(t)
	server, client = meet(t, relay, options, options)
	takes(t, client, sdk.RouteTURN)
	takes(t, server, sdk.RouteTURN)
	return w, server, client
}

// newWire returns a wire, and the options of the two sides whose direct path leads over it.
func newWire(t testing.TB) (w *wire, options sdk.Options) {
	t.Helper()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	w = &wire{PacketConn: socket, seen: make(map[string]bool)}
	const user, password, realm = "user", "password", "intercessor.test"
	turnServer, err := turn.NewServer(turn.ServerConfig{
		Realm: realm,
		AuthHandler: func(*turn.RequestAttributes) (string, []byte, bool) {
			return user, turn.GenerateAuthKey(user, realm, password), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            w,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
		}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = turnServer.Close() })
	return w, sdk.Options{RelayOnly: true, ICEServers: []sdk.ICEServer{{
		URLs: []string{"turn:" + socket.LocalAddr().String()}, Username: user, Credential: password,
	}}}
}

// mended has messages go both ways while a direct path fails, over the relay, and when it has come
// back after mend.
func mended(t testing.TB, server, client *sdk.Conn, fail, mend func()) {
	t.Helper()
	there, back := newTalk(t, client, server), newTalk(t, server, client)
	fail()
	takes(t, client, sdk.RouteRelay)
	takes(t, server, sdk.RouteRelay)
	there.hears(t, 100)
	back.hears(t, 100)
	mend()
	takes(t, client, sdk.RouteTURN)
	takes(t, server, sdk.RouteTURN)
	there.hears(t, 100)
	back.hears(t, 100)
	there.end(t)
	back.end(t)
	require.Equal(t, sdk.Connected, client.State())
	require.Equal(t, sdk.Connected, server.State())
}

func TestNativeRepairAfterSilence(t *testing.T) {
	t.Parallel()
	w, server, client := wired(t, relayproc.Start(t))
	mended(t, server, client, func() { w.setCut(true) }, func() {
		<-time.After(8 * time.Second) // in which repairs fail
		w.setCut(false)
	})
}

func TestNativeRepairWithNewSockets(t *testing.T) {
	t.Parallel()
	w, server, client := wired(t, relayproc.Start(t))
	mended(t, server, client, w.kill, func() {})
}

// TestNativeRepairWithANewConnection: one side's connection is closed, which ends the channels
// on it. Messages go on, and so do channels that are opened then.
func TestNativeRepairWithANewConnection(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for name, of := range map[string]func(server, client *sdk.Conn) *sdk.Conn{
		"the client's": func(_, client *sdk.Conn) *sdk.Conn { return client },
		"the server's": func(server, _ *sdk.Conn) *sdk.Conn { return server },
	} {
		t.Run(name, func(t *testing.T) {
			server, client := direct(t, relay)
			a, b := sdkpeer.Channels(t, client, server, "before")
			old, err := of(server, client).PeerConnection()
			require.NoError(t, err)
			there, back := newTalk(t, client, server), newTalk(t, server, client)
			require.NoError(t, old.Close())
			for _, ch := range []*sdk.Channel{a, b} {
				_, err = ch.Receive(patience.Context(t))
				require.Error(t, err)
			}
			c, d := sdkpeer.Channels(t, client, server, "after")
			require.NoError(t, c.Send(patience.Context(t), []byte("hello")))
			message, err := d.Receive(patience.Context(t))
			require.NoError(t, err)
			require.Equal(t, "hello", string(message))
			takes(t, client, sdk.RouteDirect)
			takes(t, server, sdk.RouteDirect)
			there.hears(t, 100)
			back.hears(t, 100)
			there.end(t)
			back.end(t)
		})
	}
}

func TestNativeNoRepairWithoutTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	w, server, client := wired(t, relay)
	before, err := client.PeerConnection()
	require.NoError(t, err)
	local := before.LocalDescription().SDP
	relay.Kill()
	w.setCut(true)
	sdkpeer.Send(t, client, "chat", `1`) // which makes the path suspect
	sdkpeer.Send(t, server, "chat", `2`)
	for _, c := range []*sdk.Conn{client, server} {
		state, err := c.WaitState(patience.Context(t), sdk.Connected)
		require.NoError(t, err)
		require.Equal(t, sdk.Reconnecting, state)
	}
	<-time.After(8 * time.Second) // in which it would be restarted
	require.Equal(t, local, before.LocalDescription().SDP)
	after, err := client.PeerConnection()
	require.NoError(t, err)
	require.Same(t, before, after)
	w.setCut(false)
	sdkpeer.Receive(t, server, "chat", `1`)
	sdkpeer.Receive(t, client, "chat", `2`)
}
