package native_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
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

	relay.Blip()
	begun := time.Now()
	require.NoError(t, opened.Send(patience.Context(t), []byte("still here")))
	text, err := accepted.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, "still here", string(text))
	require.Less(t, time.Since(begun), 9*time.Second) // after suspicion alone it takes ten
	sdkpeer.Send(t, server, "chat", `"so are we"`)
	sdkpeer.Receive(t, client, "chat", `"so are we"`)
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

	begun := time.Now()
	client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	sdkpeer.Accept(t, ln)
	_, err = client.OpenChannel(patience.Context(t), "by TCP")
	require.NoError(t, err)
	t.Log(time.Since(begun))
	require.Less(t, time.Since(begun), 5*time.Second)
}

// TestAChannelThroughTURNReachesItsLimit: packets beyond it wait, so that the sender's rate adapts.
// While all of them were dropped, it sent a third of the limit, or half.
func TestAChannelThroughTURNReachesItsLimit(t *testing.T) {
	t.Parallel()
	const limit, seconds = 512 << 10, 8
	relay := relayproc.Start(t, "--turn-enabled", "--turn-allocation-bytes", "512KiB")
	options := sdk.Options{RelayOnly: true}
	server, client := meet(t, relay, options, options)
	from, to := sdkpeer.Channels(t, client, server, "full")
	ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
	defer cancel()
	var sending sync.WaitGroup
	sending.Go(func() {
		for from.Send(ctx, make([]byte, 16<<10)) == nil {
		}
	})
	received := 0
	for {
		message, err := to.Receive(ctx)
		if err != nil {
			break
		}
		received += len(message)
	}
	sending.Wait()
	t.Logf("%.2f of the limit", float64(received)/(limit*seconds))
	require.Greater(t, received, limit*seconds*55/100)
}

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
			server, client := meet(t, relay, sdk.Options{RelayOnly: true}, c.client)
			begun := time.Now()
			_, err := client.OpenChannel(patience.Context(t), "never")
			var failure *sdk.ICEError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, c.reason, failure.Reason, err)
			require.ErrorContains(t, err, c.text)
			require.Less(t, time.Since(begun), 15*time.Second)
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
	client := sdkpeer.Dial(t, relay.WS+"/client/"+server.ID)
	begun := time.Now()
	_, err := client.OpenChannel(patience.Context(t), "never")
	var failure *sdk.ICEError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, sdk.ReasonNoAnswer, failure.Reason, err)
	require.Less(t, time.Since(begun), 15*time.Second)
}
