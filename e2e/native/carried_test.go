package native_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// TestNativeStreamsThatTheRelayDoesNotCarry: they take the direct path, or OpenStream says why
// there are none. Messages are not affected.
func TestNativeStreamsThatTheRelayDoesNotCarry(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--limits-streams=false")
	t.Run("the direct path carries them", func(t *testing.T) {
		server, client := meet(t, relay, sdk.Options{}, sdk.Options{})
		opened, accepted := stream(t, client, server)
		require.Equal(t, sdk.RouteDirect, client.Path().Route)
		var sending errgroup.Group
		sending.Go(func() error {
			_, err := opened.Write(make([]byte, 1<<20))
			_ = opened.Close()
			return err
		})
		n, err := io.Copy(io.Discard, accepted)
		require.NoError(t, err)
		require.EqualValues(t, 1<<20, n)
		require.NoError(t, sending.Wait())
	})
	t.Run("a Conn that is restricted to the relay has none", func(t *testing.T) {
		server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
		sdkpeer.Send(t, client, "chat", `1`)
		sdkpeer.Receive(t, server, "chat", `1`)
		for _, c := range []*sdk.Conn{client, server} {
			_, err := c.OpenStream(patience.Context(t), "file")
			require.ErrorIs(t, err, sdk.ErrUnsupported)
			require.ErrorContains(t, err, "the relay's operator carries no byte streams")
		}
	})
	t.Run("without a direct path the error names it", func(t *testing.T) {
		ln := sdkpeer.Listen(t, relay)
		newPathPeer(t, ln, false) // it never answers NEGOTIATE
		server := sdkpeer.Accept(t, ln)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := server.OpenStream(over, "file")
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "the relay's operator carries no byte streams, and there is no direct path")
	})
}

// TestNativeStreamsAreTurnedOff while one is open: it waits, messages go on, and when the relay
// carries streams again it goes on as well.
func TestNativeStreamsAreTurnedOff(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "relayd.toml")
	says := func(streams string) {
		require.NoError(t, os.WriteFile(path, []byte("[limits]\nstreams = "+streams+"\n"), 0o600))
	}
	says("true")
	relay := relayproc.Start(t, "--config", path)
	server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
	opened, accepted := stream(t, client, server)
	text := make([]byte, 6)
	_, err := opened.Write([]byte("before"))
	require.NoError(t, err)
	_, err = io.ReadFull(accepted, text)
	require.NoError(t, err)

	says("false")
	relay.Signal(syscall.SIGHUP)
	relay.WaitLog("configuration reloaded")
	_, err = opened.Write([]byte("after!"))
	require.NoError(t, err)
	require.Eventually(t, func() bool { // the relay has dropped a frame, and said so
		_, err := client.OpenStream(patience.Context(t), "another")
		return err != nil
	}, patience.Max, patience.Max/1000)
	for range 100 {
		sdkpeer.Send(t, client, "chat", `1`)
		sdkpeer.Receive(t, server, "chat", `1`)
	}

	says("true")
	relay.Blip()
	_, err = io.ReadFull(accepted, text)
	require.NoError(t, err)
	require.Equal(t, "after!", string(text))
}

// TestNativeMessageBesideStreams: where the relay is slow, what waits is in the SDK, and not in
// the socket. So a message goes ahead of it.
func TestNativeMessageBesideStreams(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--limits-peer-bytes", "64KiB", "--limits-peer-burst", "100ms", "--limits-outbox-bytes", "4MiB")
	server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
	var read atomic.Int64
	flowing := make(chan struct{})
	var running errgroup.Group
	var all [16][2]*sdk.Stream // of which each has 64 KiB of credit
	for i := range all {
		all[i][0], all[i][1] = stream(t, client, server)
	}
	for _, one := range all {
		opened, accepted := one[0], one[1]
		running.Go(func() error {
			_, err := opened.Write(make([]byte, 48<<10))
			return err
		})
		running.Go(func() error {
			for buffer := make([]byte, 4<<10); ; {
				n, err := accepted.Read(buffer)
				if all := read.Add(int64(n)); all >= 64<<10 && all-int64(n) < 64<<10 {
					close(flowing)
				}
				if err != nil {
					return nil
				}
			}
		})
	}
	<-flowing
	before := read.Load()
	sdkpeer.Send(t, client, "chat", `1`)
	sdkpeer.Receive(t, server, "chat", `1`)
	require.Less(t, read.Load()-before, int64(96<<10), "of 768 KiB that wait")
	_ = client.Close()
	_ = server.Close()
	require.NoError(t, running.Wait())
}
