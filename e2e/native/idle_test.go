package native_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/sdk"
)

// idlers are two peers that talk directly over a wire, at a relay that closes who is idle.
type idlers struct {
	relay          *relay.Relay
	wire           *wire
	ln             *sdk.Listener
	server, client *sdk.Conn
}

func newIdlers(t *testing.T, limits relay.Limits) *idlers {
	t.Helper()
	i := &idlers{relay: relay.New(relay.Config{Settings: relay.Settings{Limits: limits}, Window: 4 * time.Second})}
	station := httptest.NewServer(i.relay)
	t.Cleanup(station.Close)
	var options sdk.Options
	i.wire, options = newWire(t)
	var err error
	i.ln, err = sdk.Listen(patience.Context(t), "ws"+strings.TrimPrefix(station.URL, "http")+"/server", &options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = i.ln.Close() })
	i.client, err = sdk.Dial(patience.Context(t), i.ln.ClientURL(), &options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = i.client.Close() })
	i.server = sdkpeer.Accept(t, i.ln)
	i.both(t, sdk.RouteTURN)
	return i
}

// both waits until the messages of both sides take a route.
func (i *idlers) both(t *testing.T, route sdk.Route) {
	t.Helper()
	takes(t, i.client, route)
	takes(t, i.server, route)
}

// closed waits until the relay has closed so many idle sessions, and so many are left.
func (i *idlers) closed(t *testing.T, closed uint64, left int) {
	t.Helper()
	require.Eventually(t, func() bool {
		stats := i.relay.Stats()
		return stats.Closed[protocol.CodeIdle] == closed && stats.Sessions == left
	}, patience.Max, 10*time.Millisecond)
}

// The relay closes a client for good that is idle there. The Conn goes on directly, and the
// client is back at the relay when there is no direct path (W7).
func TestNativeW7IdleClient(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(i *idlers){
		"its path is cut": func(i *idlers) { i.wire.setCut(true) },
		"its path is closed": func(i *idlers) {
			if pc, err := i.server.PeerConnection(); err == nil {
				_ = pc.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIdlers(t, relay.Limits{ClientIdle: 2 * time.Second})
			there, back := newTalk(t, i.client, i.server), newTalk(t, i.server, i.client)
			i.closed(t, 1, 1)
			<-within1s(t)
			require.Equal(t, 1, i.relay.Stats().Sessions, "it needs no relay")
			require.Equal(t, sdk.Connected, i.client.State())
			require.Equal(t, sdk.Connected, i.server.State())
			fail(i)
			i.both(t, sdk.RouteRelay)
			i.closed(t, 1, 2)
			i.wire.setCut(false)
			i.both(t, sdk.RouteTURN)
			there.end(t)
			back.end(t)
		})
	}
}

// The relay closes a server for good that has no client there. It has one on a direct path, so it
// is back at once, under its ID.
func TestNativeW7ServerWithoutClients(t *testing.T) {
	t.Parallel()
	i := newIdlers(t, relay.Limits{ClientIdle: 2 * time.Second, ServerAlone: 2 * time.Second})
	there, back := newTalk(t, i.client, i.server), newTalk(t, i.server, i.client)
	i.closed(t, 2, 1)
	var third *sdk.Conn
	require.Eventually(t, func() (joined bool) { // it is away for a moment every 2 s
		var err error
		third, err = sdk.Dial(patience.Context(t), i.ln.ClientURL(), nil)
		return err == nil
	}, patience.Max, 10*time.Millisecond)
	defer third.Close()
	sdkpeer.Send(t, third, "chat", `1`)
	sdkpeer.Receive(t, sdkpeer.Accept(t, i.ln), "chat", `1`)
	i.wire.setCut(true)
	i.both(t, sdk.RouteRelay)
	there.end(t)
	back.end(t)
}

// Without a direct path the relay's word is final.
func TestNativeW7IdleClientWithoutADirectPath(t *testing.T) {
	t.Parallel()
	r := relay.New(relay.Config{Settings: relay.Settings{Limits: relay.Limits{ClientIdle: time.Second}}})
	station := httptest.NewServer(r)
	defer station.Close()
	ln, err := sdk.Listen(patience.Context(t), "ws"+strings.TrimPrefix(station.URL, "http")+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), &sdk.Options{Paths: sdk.PathsRelay})
	require.NoError(t, err)
	defer client.Close()
	server := sdkpeer.Accept(t, ln)
	_, err = client.Receive(patience.Context(t))
	var over *sdk.RelayError
	require.ErrorAs(t, err, &over)
	require.Equal(t, protocol.CodeIdle, over.Code)
	_, err = server.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
}
