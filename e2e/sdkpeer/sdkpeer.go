package sdkpeer

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// Listen starts a native server peer that ends with the test.
func Listen(t testing.TB, relay *relayproc.Relay) *sdk.Listener {
	t.Helper()
	server, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

// Dial starts a native client peer that ends with the test.
func Dial(t testing.TB, url string) *sdk.Conn {
	t.Helper()
	client, err := sdk.Dial(patience.Context(t), url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// Accept returns the server's side of the next client.
func Accept(t testing.TB, server *sdk.Listener) *sdk.Conn {
	t.Helper()
	conn, err := server.Accept(patience.Context(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

// Meet returns both sides of a connection between two native peers.
func Meet(t testing.TB, relay *relayproc.Relay) (server, client *sdk.Conn) {
	t.Helper()
	ln := Listen(t, relay)
	client = Dial(t, ln.ClientURL())
	server = Accept(t, ln)
	require.Equal(t, client.ID(), server.PeerID())
	require.Equal(t, ln.ID(), client.PeerID())
	return server, client
}

// Send sends one message and does not wait for its delivery; Receive requires that it comes next.
func Send(t testing.TB, from *sdk.Conn, typ, data string) {
	t.Helper()
	MustSend(t, from, sdk.Message{Type: typ, Data: []byte(data)})
}

func Receive(t testing.TB, to *sdk.Conn, typ, data string) {
	t.Helper()
	m, err := to.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, typ, m.Type)
	require.Equal(t, data, string(m.Data))
}

// MustSend is Send for a message of the caller's.
func MustSend(t testing.TB, conn *sdk.Conn, m sdk.Message) {
	t.Helper()
	_, err := conn.Send(patience.Context(t), m)
	require.NoError(t, err)
}

// Channels opens a data channel on one side and accepts it on the other.
func Channels(t testing.TB, opener, acceptor *sdk.Conn, label string) (opened, accepted *sdk.Channel) {
	t.Helper()
	both, ctx := errgroup.WithContext(patience.Context(t))
	both.Go(func() (err error) {
		opened, err = opener.OpenChannel(ctx, label)
		return err
	})
	both.Go(func() (err error) {
		accepted, err = acceptor.AcceptChannel(ctx)
		return err
	})
	require.NoError(t, both.Wait())
	require.Equal(t, label, accepted.Label())
	return opened, accepted
}

// Await returns the next message of a type that comes to a raw peer.
func Await(t testing.TB, raw *sdktest.Peer, typ string) (from protocol.ID, message []byte) {
	t.Helper()
	for {
		e, err := raw.Receive(patience.Context(t))
		require.NoError(t, err)
		if e.Type == typ {
			return e.Peer, e.Message
		}
	}
}
