package native_test

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// labelled waits until the direct path of a Conn leads through the relay's own TURN server.
func labelled(t testing.TB, c *sdk.Conn) {
	t.Helper()
	for now := c.Path(); now.State != sdk.PathUp || !now.TURN; {
		var err error
		now, err = c.WaitPath(patience.Context(t), now)
		require.NoError(t, err)
	}
}

// TestChannelsTakeTheRelaysTURN: messages and streams stay on the relay, because the two ways end
// together. A channel outlives the relay's restart.
func TestChannelsTakeTheRelaysTURN(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	options := sdk.Options{RelayOnly: true}
	server, client := meet(t, relay, options, options)
	opened, accepted := sdkpeer.Channels(t, client, server, "by label")
	labelled(t, client)
	labelled(t, server)
	sdkpeer.Send(t, client, "chat", `"hello"`)
	sdkpeer.Receive(t, server, "chat", `"hello"`)
	for _, c := range []*sdk.Conn{client, server} {
		require.Equal(t, sdk.RouteRelay, c.Path().Route)
	}

	var took time.Duration
	for range 3 { // on a busy machine
		relay.Blip()
		require.NoError(t, opened.Send(patience.Context(t), []byte("still here")))
		sdkpeer.Send(t, server, "chat", `"so are we"`)
		sdkpeer.Receive(t, client, "chat", `"so are we"`)
		begun := time.Now()
		text, err := accepted.Receive(patience.Context(t))
		require.NoError(t, err)
		require.Equal(t, "still here", string(text))
		if took = time.Since(begun); took < 4*time.Second { // after suspicion alone it takes five
			return
		}
	}
	t.Fatal("the channel is silent for ", took)
}

// An attempt through the relay's TURN server outlives the relay's restart, too: one without a pair,
// and one that has a pair and has carried nothing.
func TestAttemptTakesTheRelaysTURN(t *testing.T) {
	t.Parallel()
	const dtls = 20 // the first byte, at least (RFC 7983)
	nothing, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(nothing.Addr().String())
	require.NoError(t, err)
	require.NoError(t, nothing.Close())
	for name, from := range map[string]byte{"no pair": 0, "a pair": dtls} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			relay := relayproc.Start(t, "--turn-enabled", "--turn-tcp-port", port)
			std, err := stdnet.NewNet()
			require.NoError(t, err)
			network := &payloadless{Net: std, from: from, lost: make(chan struct{})}
			options := &sdk.Options{RelayOnly: true}
			ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", options)
			require.NoError(t, err)
			t.Cleanup(func() { _ = ln.Close() })
			client, err := sdk.Dial(sdktest.WithNetwork(patience.Context(t), network), ln.ClientURL(), options)
			require.NoError(t, err)
			t.Cleanup(func() { _ = client.Close() })
			sdkpeer.Accept(t, ln)
			opened := make(chan error, 1)
			go func() {
				_, err := client.OpenChannel(patience.Context(t), "late")
				opened <- err
			}()
			select {
			case <-network.lost:
			case err := <-opened:
				t.Fatal("nothing was lost:", err)
			}
			relay.Restart(func() { network.whole.Store(true) })
			require.NoError(t, <-opened)
		})
	}
}

// payloadless is a network whose sockets for TURN lose what is sent through the server and begins
// with the byte from or a higher one, until it is whole.
type payloadless struct {
	transport.Net
	from  byte
	whole atomic.Bool
	once  sync.Once
	lost  chan struct{} // closed when something was lost
}

func (n *payloadless) ListenPacket(network, address string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, address)
	return payloadlessSocket{conn, n}, err
}

type payloadlessSocket struct {
	net.PacketConn
	network *payloadless
}

func (s payloadlessSocket) WriteTo(packet []byte, to net.Addr) (int, error) {
	var payload []byte
	if packet[0]>>4 == 4 { // ChannelData
		payload = packet[4:]
	} else if m := (&stun.Message{Raw: packet}); m.Decode() == nil {
		payload, _ = m.Get(stun.AttrData)
	}
	if len(payload) == 0 || payload[0] < s.network.from || s.network.whole.Load() {
		return s.PacketConn.WriteTo(packet, to)
	}
	s.network.once.Do(func() { close(s.network.lost) })
	return len(packet), nil
}

// TestPathsDirectMayTakeTheRelaysTURN: messages that may not cross the relay are sealed on this way.
func TestPathsDirectMayTakeTheRelaysTURN(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	options := sdk.Options{RelayOnly: true, Paths: sdk.PathsDirect}
	server, client := meet(t, relay, options, options)
	sdkpeer.Send(t, client, "chat", `"hello"`)
	sdkpeer.Receive(t, server, "chat", `"hello"`)
	require.Equal(t, sdk.RouteTURN, client.Path().Route)
}

// TestTURNOverTCPAloneIsSoon: nothing answers over UDP.
func TestTURNOverTCPAloneIsSoon(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	_, port, err := net.SplitHostPort(silent.LocalAddr().String())
	require.NoError(t, err)
	relay := relayproc.Start(t, "--turn-enabled", "--turn-udp-port", port)
	options := &sdk.Options{RelayOnly: true}
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })

	patience.Soon(t, 5*time.Second, func() {
		client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), options)
		require.NoError(t, err)
		t.Cleanup(func() { _ = client.Close() })
		sdkpeer.Accept(t, ln)
		_, err = client.OpenChannel(patience.Context(t), "by TCP")
		require.NoError(t, err)
	})
}

// BenchmarkChannelThroughTURN measures a data channel at the limit of an allocation. Packets beyond
// it wait, so that the sender's rate adapts.
func BenchmarkChannelThroughTURN(b *testing.B) {
	relay := relayproc.Start(b, "--turn-enabled")
	options := sdk.Options{RelayOnly: true}
	server, client := meet(b, relay, options, options)
	from, to := sdkpeer.Channels(b, client, server, "full")
	const message, messages = 16 << 10, 64
	b.SetBytes(message * messages)
	ctx := patience.Context(b)
	var sending sync.WaitGroup
	defer sending.Wait()
	b.ResetTimer()
	sending.Go(func() {
		data := make([]byte, message)
		for range b.N * messages {
			if err := from.Send(ctx, data); err != nil {
				b.Error(err)
				return
			}
		}
	})
	for range b.N * messages {
		if _, err := to.Receive(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// soon is less than the half minute after which a channel fails that waits for what will not come.
const soon = 20 * time.Second

// TestWhyTURNDoesNotHelp: both sides say so soon, and name the reason.
func TestWhyTURNDoesNotHelp(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	_, own := newWire(t)
	own.OnlyOwnICEServers = true
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	dead := []sdk.ICEServer{{URLs: []string{"turn:" + silent.LocalAddr().String()}, Username: "user", Credential: "password"}}
	for name, c := range map[string]struct {
		client sdk.Options
		reason sdk.Reason
		text   string
	}{
		"no server":      {sdk.Options{RelayOnly: true, OnlyOwnICEServers: true}, sdk.ReasonNoTURN, "neither the program nor the relay names one"},
		"another server": {own, sdk.ReasonTURNApart, "only peers that both use it"},
		"no answer":      {sdk.Options{RelayOnly: true, ICEServers: dead, OnlyOwnICEServers: true}, sdk.ReasonTURNUnreachable, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var server *sdk.Conn
			patience.Soon(t, soon, func() {
				var client *sdk.Conn
				server, client = meet(t, relay, sdk.Options{RelayOnly: true}, c.client)
				_, err := client.OpenChannel(patience.Context(t), "never")
				var failure *sdk.ICEError
				require.ErrorAs(t, err, &failure)
				require.Equal(t, c.reason, failure.Reason, err)
				require.ErrorContains(t, err, c.text)
			})
			for p := server.Path(); !strings.Contains(p.Problem, c.text); {
				p, err = server.WaitPath(patience.Context(t), p)
				require.NoError(t, err)
			}
		})
	}
}

// TestBasePeerHasNoDirectPath: it does not answer, and may know nothing of direct paths.
func TestBasePeerHasNoDirectPath(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	server := rawpeer.Join(t, relay.Addr, "/server")
	patience.Soon(t, soon, func() {
		client := sdkpeer.Dial(t, relay.WS+"/client/"+server.ID)
		_, err := client.OpenChannel(patience.Context(t), "never")
		var failure *sdk.ICEError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, sdk.ReasonNoAnswer, failure.Reason, err)
	})
}
