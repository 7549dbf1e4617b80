package native_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/sdk"
)

// A forgetful relay waits for a second for those who are away. A client reaches it through a proxy,
// its server without.
type forgetful struct {
	relay          *relay.Relay
	proxy          *chaos.Proxy
	client, server *sdk.Conn
}

func newForgetful(t *testing.T, options *sdk.Options) *forgetful {
	t.Helper()
	f := &forgetful{relay: relay.New(relay.Config{Window: time.Second})}
	station := httptest.NewServer(f.relay)
	t.Cleanup(station.Close)
	host := strings.TrimPrefix(station.URL, "http://")
	var err error
	f.proxy, err = chaos.Listen(host, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.proxy.Close() })
	ln, err := sdk.Listen(patience.Context(t), "ws://"+host+"/server", options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	f.client, err = sdk.Dial(patience.Context(t), "ws://"+f.proxy.Addr()+"/client/"+ln.ID(), options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.client.Close() })
	f.server = sdkpeer.Accept(t, ln)
	return f
}

// cutOff cuts the client off until the relay has forgotten it.
func (f *forgetful) cutOff(t *testing.T) {
	t.Helper()
	f.proxy.SetRefuse(true)
	f.proxy.CutAll(chaos.RST)
	require.Eventually(t, func() bool { return f.relay.Stats().Sessions == 1 }, patience.Max, 10*time.Millisecond)
	<-time.After(2 * time.Second) // the window: that it is over can be seen at no peer, and at the relay only by chance
}

// For the relay a client is gone that was away for longer than the window. The Conn goes on
// directly, and takes the relay again when the client is back there, also if the client has
// taken its server as gone (W7).
func TestNativeConnThatIsGoneForTheRelayTakesItAgain(t *testing.T) {
	t.Parallel()
	w, options := newWire(t)
	f := newForgetful(t, &options)
	client, server := f.client, f.server
	takes(t, client, sdk.RouteTURN)
	takes(t, server, sdk.RouteTURN)

	for _, away := range []time.Duration{3 * time.Second, 13 * time.Second} { // the client waits for the window and 10 seconds
		there, back := newTalk(t, client, server), newTalk(t, server, client)
		f.proxy.SetRefuse(true)
		f.proxy.CutAll(chaos.RST)
		<-time.After(away)
		require.Equal(t, 1, f.relay.Stats().Sessions, "the client is gone for the relay")
		f.proxy.SetRefuse(false)
		client.NetworkChanged()
		require.Eventually(t, func() bool { return f.relay.Stats().Sessions == 2 }, patience.Max, 10*time.Millisecond)
		w.setCut(true)
		takes(t, client, sdk.RouteRelay)
		takes(t, server, sdk.RouteRelay)
		there.end(t)
		back.end(t)
		w.setCut(false)
		takes(t, client, sdk.RouteTURN)
		takes(t, server, sdk.RouteTURN)
	}
}

// For the relay a client is gone, and then the direct path is closed. The client may come back to
// the relay for the window and 10 seconds (P4, W7).
func TestNativeConnWithoutAnyPath(t *testing.T) {
	t.Parallel()
	f := newForgetful(t, nil)
	client, server := f.client, f.server
	loses := func() (at time.Time) {
		t.Helper()
		takes(t, client, sdk.RouteDirect)
		takes(t, server, sdk.RouteDirect)
		f.cutOff(t)
		pc, err := client.PeerConnection()
		require.NoError(t, err)
		at = time.Now()
		require.NoError(t, pc.Close())
		for _, c := range []*sdk.Conn{client, server} {
			state, err := c.WaitState(patience.Context(t), sdk.Connected)
			require.NoError(t, err)
			require.Equal(t, sdk.Reconnecting, state)
		}
		return at
	}

	loses()
	sdkpeer.Send(t, client, "chat", `1`)
	sdkpeer.Send(t, server, "chat", `2`)
	<-within1s(t)
	f.proxy.SetRefuse(false)
	client.NetworkChanged()
	sdkpeer.Receive(t, server, "chat", `1`)
	sdkpeer.Receive(t, client, "chat", `2`)

	since := loses()
	for _, c := range []*sdk.Conn{client, server} {
		_, err := c.Receive(patience.Context(t))
		var gone *sdk.GoneError
		require.ErrorAs(t, err, &gone)
		require.Equal(t, sdk.ReasonTimeout, gone.Reason)
	}
	require.Greater(t, time.Since(since), 8*time.Second)
}

// The client has left the relay without a word, and talks on directly. A kick reaches it there.
func TestNativeKickOfAClientThatIsAtNoRelay(t *testing.T) {
	t.Parallel()
	f := newForgetful(t, nil)
	client, server := f.client, f.server
	takes(t, client, sdk.RouteDirect)
	takes(t, server, sdk.RouteDirect)
	f.cutOff(t)
	require.NoError(t, server.Kick(patience.Context(t), nil))
	_, err := client.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrKicked)
}

// The relay refuses it, also if there is a direct path, and the Conn goes on.
func TestNativeKickByAClientIsRefused(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	var refused *sdk.RelayError
	require.ErrorAs(t, s.client.Kick(patience.Context(t), nil), &refused)
	s.unhurt(t)
}
