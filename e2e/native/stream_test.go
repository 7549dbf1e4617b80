package native_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/nettest"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

// stream returns both ends of a stream.
func stream(t testing.TB, from, to *sdk.Conn) (opened, accepted *sdk.Stream) {
	t.Helper()
	opened, err := from.OpenStream(patience.Context(t), "file")
	require.NoError(t, err)
	accepted, err = to.AcceptStream(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, "file", accepted.Name())
	return opened, accepted
}

// pipes makes streams of a Conn for nettest, opened by each side by turns.
func pipes(t *testing.T, one, other *sdk.Conn) nettest.MakePipe {
	return func() (c1, c2 net.Conn, stop func(), err error) {
		one, other = other, one
		opened, accepted := stream(t, one, other)
		return opened, accepted, func() { _, _ = opened.Close(), accepted.Close() }, nil
	}
}

func TestNativeStreamIsANetConn(t *testing.T) {
	relay := relayproc.Start(t)
	t.Run("over the relay", func(t *testing.T) {
		server, client := meet(t, relay, sdk.Options{Paths: sdk.PathsRelay}, sdk.Options{})
		nettest.TestConn(t, pipes(t, server, client))
	})
	t.Run("over the direct path", func(t *testing.T) {
		server, client := direct(t, relay)
		nettest.TestConn(t, pipes(t, server, client))
	})
}
