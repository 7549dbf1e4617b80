package e2e_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// listenNative starts a native server peer that ends with the test.
func listenNative(t testing.TB, relay *relayProcess) *sdk.Listener {
	t.Helper()
	server, err := sdk.Listen(within(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

// dialNative starts a native client peer that ends with the test.
func dialNative(t testing.TB, url string) *sdk.Conn {
	t.Helper()
	client, err := sdk.Dial(within(t), url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// acceptNative gives the server's side of the next client.
func acceptNative(t testing.TB, server *sdk.Listener) *sdk.Conn {
	t.Helper()
	conn, err := server.Accept(within(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

// meet gives both sides of a connection between two native peers.
func meet(t testing.TB, relay *relayProcess) (server, client *sdk.Conn) {
	t.Helper()
	ln := listenNative(t, relay)
	client = dialNative(t, ln.ClientURL())
	server = acceptNative(t, ln)
	require.Equal(t, client.ID(), server.PeerID())
	require.Equal(t, ln.ID(), client.PeerID())
	return server, client
}

// send and receive exchange one message, or fail the test.
func send(t testing.TB, from *sdk.Conn, typ, data string) {
	t.Helper()
	mustSend(t, from, sdk.Message{Type: typ, Data: []byte(data)})
}

func receive(t testing.TB, to *sdk.Conn, typ, data string) {
	t.Helper()
	m, err := to.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, typ, m.Type)
	require.Equal(t, data, string(m.Data))
}

func TestNativePeersExchangeMessages(t *testing.T) {
	relay := startRelay(t)
	server, client := meet(t, relay)

	send(t, client, "chat", `{"text": "hello\u0021"}`)
	send(t, client, "chat", `[1e400, -0, "\ud800"]`)
	receive(t, server, "chat", `{"text": "hello\u0021"}`)
	receive(t, server, "chat", `[1e400, -0, "\ud800"]`)

	send(t, server, "reply", ``)
	receive(t, client, "reply", `null`)

	data, err := json.Marshal([]byte{0, 255, 10})
	require.NoError(t, err)
	mustSend(t, server, sdk.Message{Type: "picture", Data: data})
	m, err := client.Receive(within(t))
	require.NoError(t, err)
	var b []byte
	require.NoError(t, json.Unmarshal(m.Data, &b))
	require.Equal(t, []byte{0, 255, 10}, b)
}

func TestNativeServerHasManyClients(t *testing.T) {
	relay := startRelay(t)
	ln := listenNative(t, relay)
	ada := dialNative(t, ln.ClientURL())
	toAda := acceptNative(t, ln)
	bob := dialNative(t, ln.ClientURL())
	toBob := acceptNative(t, ln)

	send(t, ada, "name", `"Ada"`)
	send(t, bob, "name", `"Bob"`)
	receive(t, toBob, "name", `"Bob"`)
	receive(t, toAda, "name", `"Ada"`)
	send(t, toBob, "welcome", `"Bob"`)
	send(t, toAda, "welcome", `"Ada"`)
	receive(t, ada, "welcome", `"Ada"`)
	receive(t, bob, "welcome", `"Bob"`)
}

func TestNativeClientLeaves(t *testing.T) {
	relay := startRelay(t)
	server, client := meet(t, relay)

	send(t, client, "last", `1`)
	require.NoError(t, client.Close())

	receive(t, server, "last", `1`)
	_, err := server.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	_, err = server.Send(within(t), sdk.Message{Type: "late"})
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	_, err = server.OpenChannel(within(t), "late")
	require.ErrorIs(t, err, sdk.ErrPeerGone)

	_, err = client.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrClosed)
}

func TestNativeServerClosesOneConn(t *testing.T) {
	relay := startRelay(t)
	ln := listenNative(t, relay)
	ada := dialNative(t, ln.ClientURL())
	toAda := acceptNative(t, ln)
	bob := dialNative(t, ln.ClientURL())
	toBob := acceptNative(t, ln)

	send(t, toAda, "last", `1`)
	require.NoError(t, toAda.Close())
	receive(t, ada, "last", `1`)
	_, err := ada.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)

	send(t, bob, "still", `"here"`)
	receive(t, toBob, "still", `"here"`)
}

func TestNativeServerLeaves(t *testing.T) {
	relay := startRelay(t)
	ln := listenNative(t, relay)
	client := dialNative(t, ln.ClientURL())
	acceptNative(t, ln)

	require.NoError(t, ln.Close())
	_, err := client.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	_, err = ln.Accept(within(t))
	require.ErrorIs(t, err, sdk.ErrClosed)

	_, err = sdk.Dial(within(t), ln.ClientURL(), nil)
	require.ErrorIs(t, err, sdk.ErrNoSuchServer)
}

func TestNativeDialOfUnknownServer(t *testing.T) {
	relay := startRelay(t)
	_, err := sdk.Dial(within(t), relay.WS+"/client/nobody", nil)
	require.ErrorIs(t, err, sdk.ErrNoSuchServer)
	var closed *sdk.RelayError
	require.ErrorAs(t, err, &closed)
	require.EqualValues(t, 4500, closed.Code)
	require.False(t, closed.Code.Retry())
}

func TestNativeRefusedWebSocketTellsTheStatus(t *testing.T) {
	relay := startRelay(t)
	_, err := sdk.Dial(within(t), relay.WS+"/no/such/path/client/x", nil)
	var refused *sdk.RelayError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 404, refused.Status)

	relay.Kill()
	_, err = sdk.Listen(within(t), relay.WS+"/server", nil)
	require.ErrorAs(t, err, &refused)
	require.Zero(t, refused.Status)
	require.ErrorContains(t, err, "connection refused")
	require.ErrorContains(t, err, "is relayd running there")
}
