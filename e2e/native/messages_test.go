package native_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

func TestNativePeersExchangeMessages(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := sdkpeer.Meet(t, relay)

	sdkpeer.Send(t, client, "chat", `{"text": "hello\u0021"}`)
	sdkpeer.Send(t, client, "chat", `[1e400, -0, "\ud800"]`)
	sdkpeer.Receive(t, server, "chat", `{"text": "hello\u0021"}`)
	sdkpeer.Receive(t, server, "chat", `[1e400, -0, "\ud800"]`)

	sdkpeer.Send(t, server, "reply", ``)
	sdkpeer.Receive(t, client, "reply", `null`)

	data, err := json.Marshal([]byte{0, 255, 10})
	require.NoError(t, err)
	sdkpeer.MustSend(t, server, sdk.Message{Type: "picture", Data: data})
	m, err := client.Receive(patience.Context(t))
	require.NoError(t, err)
	var b []byte
	require.NoError(t, json.Unmarshal(m.Data, &b))
	require.Equal(t, []byte{0, 255, 10}, b)
}

func TestNativeServerHasManyClients(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	ada := sdkpeer.Dial(t, ln.ClientURL())
	toAda := sdkpeer.Accept(t, ln)
	bob := sdkpeer.Dial(t, ln.ClientURL())
	toBob := sdkpeer.Accept(t, ln)

	sdkpeer.Send(t, ada, "name", `"Ada"`)
	sdkpeer.Send(t, bob, "name", `"Bob"`)
	sdkpeer.Receive(t, toBob, "name", `"Bob"`)
	sdkpeer.Receive(t, toAda, "name", `"Ada"`)
	sdkpeer.Send(t, toBob, "welcome", `"Bob"`)
	sdkpeer.Send(t, toAda, "welcome", `"Ada"`)
	sdkpeer.Receive(t, ada, "welcome", `"Ada"`)
	sdkpeer.Receive(t, bob, "welcome", `"Bob"`)
}

func TestNativeClientLeaves(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := sdkpeer.Meet(t, relay)

	sdkpeer.Send(t, client, "last", `1`)
	require.NoError(t, client.Close())

	sdkpeer.Receive(t, server, "last", `1`)
	_, err := server.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	_, err = server.Send(patience.Context(t), sdk.Message{Type: "late"})
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	_, err = server.OpenChannel(patience.Context(t), "late")
	require.ErrorIs(t, err, sdk.ErrPeerGone)

	_, err = client.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrClosed)
}

func TestNativeServerClosesOneConn(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	ada := sdkpeer.Dial(t, ln.ClientURL())
	toAda := sdkpeer.Accept(t, ln)
	bob := sdkpeer.Dial(t, ln.ClientURL())
	toBob := sdkpeer.Accept(t, ln)

	sdkpeer.Send(t, toAda, "last", `1`)
	require.NoError(t, toAda.Close())
	sdkpeer.Receive(t, ada, "last", `1`)
	_, err := ada.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)

	sdkpeer.Send(t, bob, "still", `"here"`)
	sdkpeer.Receive(t, toBob, "still", `"here"`)
}

func TestNativeServerLeaves(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	client := sdkpeer.Dial(t, ln.ClientURL())
	sdkpeer.Accept(t, ln)

	require.NoError(t, ln.Close())
	_, err := client.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	_, err = ln.Accept(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrClosed)

	_, err = sdk.Dial(patience.Context(t), ln.ClientURL(), nil)
	require.ErrorIs(t, err, sdk.ErrNoSuchServer)
}

func TestNativeDialOfUnknownServer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	_, err := sdk.Dial(patience.Context(t), relay.WS+"/client/nobody", nil)
	require.ErrorIs(t, err, sdk.ErrNoSuchServer)
	var closed *sdk.RelayError
	require.ErrorAs(t, err, &closed)
	require.EqualValues(t, 4500, closed.Code)
	require.False(t, closed.Code.Retry())
}

func TestNativeRefusedWebSocketTellsTheStatus(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	_, err := sdk.Dial(patience.Context(t), relay.WS+"/no/such/path/client/x", nil)
	var refused *sdk.RelayError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 404, refused.Status)

	relay.Kill()
	_, err = sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.ErrorAs(t, err, &refused)
	require.Zero(t, refused.Status)
	require.ErrorContains(t, err, "connection refused")
	require.ErrorContains(t, err, "is relayd running there")
}
