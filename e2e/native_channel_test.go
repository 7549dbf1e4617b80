package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/sdk"
)

// channels opens a data channel on one side and accepts it on the other.
func channels(t testing.TB, opener, acceptor *sdk.Conn, label string) (opened, accepted *sdk.Channel) {
	t.Helper()
	var both errgroup.Group
	both.Go(func() (err error) {
		opened, err = opener.OpenChannel(within(t), label)
		return err
	})
	both.Go(func() (err error) {
		accepted, err = acceptor.AcceptChannel(within(t))
		return err
	})
	require.NoError(t, both.Wait())
	require.Equal(t, label, accepted.Label())
	return opened, accepted
}

func TestNativeDataChannels(t *testing.T) {
	relay := startRelay(t)
	for _, scenario := range []struct {
		name string
		open func(server, client *sdk.Conn) (a, b *sdk.Channel)
	}{
		{"the client opens", func(server, client *sdk.Conn) (a, b *sdk.Channel) {
			return channels(t, client, server, "from the client")
		}},
		{"the server opens", func(server, client *sdk.Conn) (a, b *sdk.Channel) {
			return channels(t, server, client, "from the server")
		}},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			server, client := meet(t, relay)
			a, b := scenario.open(server, client)

			require.NoError(t, a.Send(within(t), []byte("ping")))
			message, err := b.Receive(within(t))
			require.NoError(t, err)
			require.Equal(t, "ping", string(message))

			whole := make([]byte, 64<<10-1)
			require.NoError(t, b.Send(within(t), whole))
			require.NoError(t, b.Send(within(t), nil))
			message, err = a.Receive(within(t))
			require.NoError(t, err)
			require.Equal(t, whole, message)
			message, err = a.Receive(within(t))
			require.NoError(t, err)
			require.Empty(t, message)
			require.ErrorIs(t, b.Send(within(t), append(whole, 0)), sdk.ErrTooLarge)

			again, other := channels(t, client, server, "another")
			require.NoError(t, other.Send(within(t), []byte("pong")))
			message, err = again.Receive(within(t))
			require.NoError(t, err)
			require.Equal(t, "pong", string(message))

			require.NoError(t, a.Close())
			_, err = b.Receive(within(t))
			require.ErrorIs(t, err, io.EOF)
			require.ErrorContains(t, b.Send(within(t), []byte("late")), "the other peer closed the channel")
		})
	}
}

func TestNativeChannelsOpenAtOnceFromBothSides(t *testing.T) {
	relay := startRelay(t)
	server, client := meet(t, relay)

	var all errgroup.Group
	for range 8 {
		for _, conn := range []*sdk.Conn{server, client} {
			all.Go(func() error {
				ch, err := conn.OpenChannel(within(t), "opened")
				if err != nil {
					return err
				}
				return ch.Send(within(t), []byte(conn.ID()))
			})
			all.Go(func() error {
				ch, err := conn.AcceptChannel(within(t))
				if err != nil {
					return err
				}
				message, err := ch.Receive(within(t))
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
	relay := startRelay(t)
	server, client := meet(t, relay)
	a, b := channels(t, client, server, "bulk")

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
	relay := startRelay(t)
	server, client := meet(t, relay)
	a, b := channels(t, client, server, "file")

	// More than the receiver's inbox holds, so that some of it waits below.
	content := bytes.Repeat([]byte("0123456789abcdef"), 3<<19/16)
	go func() {
		_, _ = a.Stream().Write(content)
		_ = a.Close()
		_ = client.Close()
	}()

	_, err := server.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone, "the client has closed everything before the server reads")
	got, err := io.ReadAll(b.Stream())
	require.NoError(t, err, "the end of the channel is its close")
	require.True(t, bytes.Equal(content, got))
}

func TestNativeConnCloseEndsChannelsInOrder(t *testing.T) {
	relay := startRelay(t)
	server, client := meet(t, relay)
	a, b := channels(t, server, client, "notes")

	for range 100 {
		require.NoError(t, a.Send(within(t), []byte("note")))
	}
	require.NoError(t, server.Close())
	for range 100 {
		_, err := b.Receive(within(t))
		require.NoError(t, err)
	}
	_, err := b.Receive(within(t))
	require.ErrorIs(t, err, io.EOF)
	_, err = client.AcceptChannel(within(t))
	require.ErrorIs(t, err, sdk.ErrPathClosed)
	_, err = client.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	_, err = a.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrClosed)
}

func TestNativeSlowReceiverHoldsBackTheSender(t *testing.T) {
	relay := startRelay(t)
	server, client := meet(t, relay)
	a, b := channels(t, client, server, "slow")

	// The other side does not receive, so the sender must stop long before 16 MiB.
	ctx, cancel := context.WithCancel(within(t))
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
		message, err := b.Receive(within(t))
		require.NoError(t, err)
		total -= len(message)
	}
}

func TestNativeDirectPathOutlivesTheRelay(t *testing.T) {
	relay := startRelay(t)
	ln := listenNative(t, relay)
	client := dialNative(t, ln.ClientURL())
	server := acceptNative(t, ln)
	a, b := channels(t, client, server, "direct")

	relay.Kill()

	for _, conn := range []*sdk.Conn{server, client} {
		state, err := conn.WaitState(within(t), sdk.Connected)
		require.NoError(t, err)
		require.Equal(t, sdk.Reconnecting, state, "a relay that was killed may come back")
	}

	require.NoError(t, a.Send(within(t), []byte("still here")))
	message, err := b.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, "still here", string(message))

	c, d := channels(t, server, client, "a new one")
	require.NoError(t, c.Send(within(t), []byte("works too")))
	message, err = d.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, "works too", string(message))
}
