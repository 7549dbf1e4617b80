package native_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

func TestNativeDataChannels(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for _, scenario := range []struct {
		name string
		open func(server, client *sdk.Conn) (a, b *sdk.Channel)
	}{
		{"the client opens", func(server, client *sdk.Conn) (a, b *sdk.Channel) {
			return sdkpeer.Channels(t, client, server, "from the client")
		}},
		{"the server opens", func(server, client *sdk.Conn) (a, b *sdk.Channel) {
			return sdkpeer.Channels(t, server, client, "from the server")
		}},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			server, client := sdkpeer.Meet(t, relay)
			a, b := scenario.open(server, client)

			require.NoError(t, a.Send(patience.Context(t), []byte("ping")))
			message, err := b.Receive(patience.Context(t))
			require.NoError(t, err)
			require.Equal(t, "ping", string(message))

			whole := make([]byte, 64<<10-1)
			require.NoError(t, b.Send(patience.Context(t), whole))
			require.NoError(t, b.Send(patience.Context(t), nil))
			message, err = a.Receive(patience.Context(t))
			require.NoError(t, err)
			require.Equal(t, whole, message)
			message, err = a.Receive(patience.Context(t))
			require.NoError(t, err)
			require.Empty(t, message)
			require.ErrorIs(t, b.Send(patience.Context(t), append(whole, 0)), sdk.ErrTooLarge)

			again, other := sdkpeer.Channels(t, client, server, "another")
			require.NoError(t, other.Send(patience.Context(t), []byte("pong")))
			message, err = again.Receive(patience.Context(t))
			require.NoError(t, err)
			require.Equal(t, "pong", string(message))

			require.NoError(t, a.Close())
			_, err = b.Receive(patience.Context(t))
			require.ErrorIs(t, err, io.EOF)
			require.ErrorContains(t, b.Send(patience.Context(t), []byte("late")), "the other peer closed the channel")
		})
	}
}

func TestNativeChannelsOpenAtOnceFromBothSides(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := sdkpeer.Meet(t, relay)

	var all errgroup.Group
	for range 8 {
		for _, conn := range []*sdk.Conn{server, client} {
			all.Go(func() error {
				ch, err := conn.OpenChannel(patience.Context(t), "opened")
				if err != nil {
					return err
				}
				return ch.Send(patience.Context(t), []byte(conn.ID()))
			})
			all.Go(func() error {
				ch, err := conn.AcceptChannel(patience.Context(t))
				if err != nil {
					return err
				}
				message, err := ch.Receive(patience.Context(t))
				if err == nil && string(message) != conn.PeerID() {
					t.Errorf("a channel of %s brings a message of %s", conn.PeerID(), message)
				}
				return err
			})
		}
	}
	require.NoError(t, all.Wait())
}

func TestNativeTenMegabytesEachWayAtOnce(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := sdkpeer.Meet(t, relay)
	a, b := sdkpeer.Channels(t, client, server, "bulk")

	var all errgroup.Group
	for i, way := range []struct{ from, to *sdk.Channel }{{a, b}, {b, a}} {
		content := make([]byte, 10<<20)
		random := rand.NewChaCha8([32]byte{byte(i)})
		_, _ = random.Read(content)
		all.Go(func() error {
			_, err := io.Copy(way.from.Stream(), bytes.NewReader(content))
			return err
		})
		all.Go(func() error {
			hash := sha256.New()
			_, err := io.CopyN(hash, way.to.Stream(), int64(len(content)))
			want := sha256.Sum256(content)
			if err == nil && !bytes.Equal(want[:], hash.Sum(nil)) {
				t.Error("what arrives is not what was sent")
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
}

func TestNativeCloseLosesNothing(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := sdkpeer.Meet(t, relay)
	a, b := sdkpeer.Channels(t, client, server, "file")

	// More than the receiver's inbox holds, so that some of it waits below.
	content := bytes.Repeat([]byte("0123456789abcdef"), 3<<19/16)
	go func() {
		_, _ = a.Stream().Write(content)
		_ = a.Close()
		_ = client.Close()
	}()

	_, err := server.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone, "the client has closed everything before the server reads")
	got, err := io.ReadAll(b.Stream())
	require.NoError(t, err, "the end of the channel is its close")
	require.True(t, bytes.Equal(content, got))
}

func TestNativeConnCloseEndsChannelsInOrder(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := sdkpeer.Meet(t, relay)
	a, b := sdkpeer.Channels(t, server, client, "notes")

	for range 100 {
		require.NoError(t, a.Send(patience.Context(t), []byte("note")))
	}
	require.NoError(t, server.Close())
	for range 100 {
		_, err := b.Receive(patience.Context(t))
		require.NoError(t, err)
	}
	_, err := b.Receive(patience.Context(t))
	require.ErrorIs(t, err, io.EOF)
	_, err = client.AcceptChannel(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPathClosed)
	_, err = client.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	_, err = a.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrClosed)
}

func TestNativeSlowReceiverHoldsBackTheSender(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := sdkpeer.Meet(t, relay)
	a, b := sdkpeer.Channels(t, client, server, "slow")

	// The other side does not receive, so the sender must stop long before 16 MiB.
	ctx, cancel := context.WithCancel(patience.Context(t))
	sent, stopped := make(chan int, 1024), make(chan error, 1)
	go func() {
		piece := make([]byte, 16<<10)
		for {
			if err := a.Send(ctx, piece); err != nil {
				stopped <- err
				return
			}
			sent <- len(piece)
		}
	}()
	total, quiet := 0, false
	for !quiet {
		select {
		case n := <-sent:
			total += n
			require.Less(t, total, 16<<20)
		case <-within1s(t):
			quiet = true
		}
	}
	cancel()
	require.ErrorIs(t, <-stopped, context.Canceled)

	for total > 0 {
		message, err := b.Receive(patience.Context(t))
		require.NoError(t, err)
		total -= len(message)
	}
}

func TestNativeDirectPathOutlivesTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	client := sdkpeer.Dial(t, ln.ClientURL())
	server := sdkpeer.Accept(t, ln)
	a, b := sdkpeer.Channels(t, client, server, "direct")

	takes(t, client, sdk.RouteDirect)
	takes(t, server, sdk.RouteDirect)

	relay.Kill()

	for _, way := range [][2]*sdk.Conn{{client, server}, {server, client}} {
		_, err := way[0].Send(patience.Context(t), sdk.Message{Type: "chat", Data: []byte(`"as before"`)})
		require.NoError(t, err)
		m, err := way[1].Receive(patience.Context(t))
		require.NoError(t, err)
		require.Equal(t, `"as before"`, string(m.Data))
		require.Equal(t, sdk.Connected, way[0].State(), "the other side is there")
	}

	require.NoError(t, a.Send(patience.Context(t), []byte("still here")))
	message, err := b.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, "still here", string(message))

	c, d := sdkpeer.Channels(t, server, client, "a new one")
	require.NoError(t, c.Send(patience.Context(t), []byte("works too")))
	message, err = d.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, "works too", string(message))
	require.Equal(t, sdk.Connected, client.State())
	require.Equal(t, sdk.Connected, server.State())
}
