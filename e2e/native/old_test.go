package native_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/oldpeer"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// meetOld returns this side's Conn with an old peer.
func meetOld(t *testing.T, relay *relayproc.Relay, oldRole string, options *sdk.Options) *sdk.Conn {
	t.Helper()
	if oldRole == "client" {
		ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", options)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, ln.Close()) })
		oldpeer.Dial(t, ln.ClientURL())
		return sdkpeer.Accept(t, ln)
	}
	conn, err := sdk.Dial(patience.Context(t), oldpeer.Listen(t, relay.WS+"/server"), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

// An old peer returns messages and those on channels. It gets no OFFER that no application has
// asked for, nothing on channel 253, and no stream (W3).
func TestNativeOldPeer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for _, role := range []string{"client", "server"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			conn := meetOld(t, relay, role, nil)
			echoes := func(n int) {
				t.Helper()
				long := `"` + strings.Repeat("x", 100_000) + `"` // in parts, and so much that a server wants a direct path
				for i := range n {
					sdkpeer.Send(t, conn, "chat", fmt.Sprint(i))
				}
				sdkpeer.Send(t, conn, "long", long)
				for i := range n {
					sdkpeer.Receive(t, conn, "chat", fmt.Sprint(i))
				}
				sdkpeer.Receive(t, conn, "long", long)
			}
			echoes(100)
			_, err := conn.OpenStream(patience.Context(t), "file")
			require.ErrorIs(t, err, errors.ErrUnsupported)
			_, err = conn.AcceptStream(patience.Context(t))
			require.ErrorIs(t, err, errors.ErrUnsupported)
			<-within1s(t)
			require.Equal(t, sdk.PathIdle, conn.Path().State, "after the age at which a client wants a direct path")

			sdkpeer.Send(t, conn, "accept", `null`)
			ours, err := conn.OpenChannel(patience.Context(t), "ours")
			require.NoError(t, err)
			returns(t, ours, 1<<20)
			echoes(100) // while the channel for the link is open
			<-within1s(t)
			sdkpeer.Send(t, conn, "open", `"theirs"`) // which fails after a message on channel 253
			theirs, err := conn.AcceptChannel(patience.Context(t))
			require.NoError(t, err)
			require.Equal(t, "theirs", theirs.Label())
			returns(t, theirs, 1<<20)
			require.Equal(t, sdk.RouteRelay, conn.Path().Route)
			require.Equal(t, sdk.Connected, conn.State())
			pc, err := conn.PeerConnection()
			require.NoError(t, err)
			sent, found := linkMessages(pc)
			require.True(t, found)
			require.Zero(t, sent)

			receipt, err := conn.Send(patience.Context(t), sdk.Message{Type: "chat", Data: []byte(`"last"`)})
			require.NoError(t, err)
			outcome, err := receipt.Outcome(patience.Context(t))
			require.NoError(t, err)
			require.Equal(t, sdk.Delivered, outcome.Result)
		})
	}
}

// returns sends so many bytes on a channel whose other end returns them.
func returns(t *testing.T, ch *sdk.Channel, size int) {
	t.Helper()
	ctx, failed := context.WithCancelCause(patience.Context(t))
	defer failed(nil)
	piece := func(i int) string { return strings.Repeat(fmt.Sprintf("%04d", i), 4<<10) }
	count := size / (16 << 10)
	go func() {
		for i := range count {
			if err := ch.Send(ctx, []byte(piece(i))); err != nil {
				failed(err)
				return
			}
		}
	}()
	for i := range count {
		got, err := ch.Receive(ctx)
		require.NoError(t, err, context.Cause(ctx))
		require.Equal(t, piece(i), string(got))
	}
}

// linkMessages returns how many messages were sent on channel 253.
func linkMessages(pc *webrtc.PeerConnection) (sent uint32, found bool) {
	for _, stat := range pc.GetStats() {
		if ch, ok := stat.(webrtc.DataChannelStats); ok && ch.DataChannelIdentifier == 253 {
			return ch.MessagesSent, true
		}
	}
	return 0, false
}

// Messages to an old peer go over the relay or not at all (W8).
func TestNativeOldPeerHasNoDirectPathForMessages(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	conn := meetOld(t, relay, "client", &sdk.Options{Paths: sdk.PathsDirect})
	_, err := conn.Receive(patience.Context(t))
	var broken *sdk.LinkError
	require.ErrorAs(t, err, &broken)
	require.Equal(t, "no-common-path", broken.Why)
}
