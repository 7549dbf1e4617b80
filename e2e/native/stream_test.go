package native_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/nettest"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
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

// changePaths ends the direct path again and again until the test ends, each time when both sides
// use it. It returns how often it did so far.
func changePaths(t *testing.T, server, client *sdk.Conn) (changes func() int64) {
	ctx, stop := context.WithCancel(context.Background())
	var n atomic.Int64
	var running sync.WaitGroup
	until := func(c *sdk.Conn, route sdk.Route) {
		for now := c.Path(); now.Route != route && ctx.Err() == nil; {
			now, _ = c.WaitPath(ctx, now)
		}
	}
	running.Go(func() {
		for ; ctx.Err() == nil; n.Add(1) {
			until(server, sdk.RouteDirect)
			until(client, sdk.RouteDirect)
			if pc, err := client.PeerConnection(); err == nil {
				_ = pc.Close()
			}
			until(server, sdk.RouteRelay)
			until(client, sdk.RouteRelay)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return n.Load
}

func TestNativeStreamIsANetConn(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	t.Run("over the relay", func(t *testing.T) {
		server, client := meet(t, relay, sdk.Options{Paths: sdk.PathsRelay}, sdk.Options{})
		nettest.TestConn(t, pipes(t, server, client))
	})
	t.Run("over the direct path", func(t *testing.T) {
		server, client := direct(t, relay)
		nettest.TestConn(t, pipes(t, server, client))
	})
	t.Run("while paths change", func(t *testing.T) {
		server, client := direct(t, relay)
		changes := changePaths(t, server, client)
		nettest.TestConn(t, pipes(t, server, client))
		for changes() < 3 && !t.Failed() {
			nettest.TestConn(t, pipes(t, server, client))
		}
		t.Logf("%d changes", changes())
	})
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

func TestNativeStreamCloseDelivers(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
	content := noise(250_000) // less than what a stream holds
	a, b := stream(t, client, server)
	n, err := a.Write(content)
	require.NoError(t, err)
	require.Equal(t, len(content), n)
	require.NoError(t, a.Close())
	require.NoError(t, a.Close())
	for _, fails := range []func() (int, error){
		func() (int, error) { return a.Read(make([]byte, 1)) },
		func() (int, error) { return a.Write([]byte("late")) },
	} {
		_, err = fails()
		require.ErrorIs(t, err, net.ErrClosed)
	}
	closed := make(chan error)
	go func() { closed <- client.CloseContext(patience.Context(t)) }()
	got, err := io.ReadAll(b)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
	require.NoError(t, <-closed)
	o, err := a.Wait(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Outcome{Result: sdk.Delivered}, o)
	_, err = b.Write([]byte("late"))
	require.Error(t, err)
}

// TestNativeStreamThatIsNotRead: who closes the Conn learns that it was not delivered.
func TestNativeStreamThatIsNotRead(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
	a, _ := stream(t, client, server)
	_, err := a.Write([]byte("hello"))
	require.NoError(t, err)
	require.NoError(t, a.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, client.CloseContext(ctx), context.DeadlineExceeded)
	o, err := a.Wait(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Outcome{Result: sdk.Unknown, Reason: sdk.ReasonClosedHere}, o)
}

func TestNativeStreamCanBeReadAfterTheConn(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
	whole, read := stream(t, client, server)
	open, unread := stream(t, client, server)
	for _, s := range []*sdk.Stream{whole, open} {
		_, err := s.Write([]byte("hello"))
		require.NoError(t, err)
	}
	require.NoError(t, whole.CloseWrite())
	sdkpeer.Send(t, client, "chat", `1`)
	sdkpeer.Receive(t, server, "chat", `1`)
	one := make([]byte, 1)
	for _, s := range []*sdk.Stream{read, unread} {
		_, err := io.ReadFull(s, one)
		require.NoError(t, err)
	}
	require.NoError(t, server.Kick(patience.Context(t), nil))
	var gone *sdk.GoneError
	_, err := server.Receive(patience.Context(t))
	require.ErrorAs(t, err, &gone)
	_, err = io.ReadAll(unread)
	require.ErrorAs(t, err, &gone)
	_, err = unread.Write(one)
	require.ErrorAs(t, err, &gone)
	rest, err := io.ReadAll(read)
	require.NoError(t, err)
	require.Equal(t, "ello", string(rest))
	_, err = server.AcceptStream(patience.Context(t))
	require.ErrorAs(t, err, &gone)
	_, err = server.OpenStream(patience.Context(t), "late")
	require.ErrorAs(t, err, &gone)

	_, err = open.Read(one)
	require.ErrorIs(t, err, sdk.ErrKicked)
	o, err := whole.Wait(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Unknown, o.Result)
	client.Abort()
	_, err = client.OpenStream(patience.Context(t), "late")
	require.ErrorIs(t, err, sdk.ErrClosed)
	_, err = client.AcceptStream(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrClosed)
	_, err = open.Read(one)
	require.ErrorIs(t, err, sdk.ErrClosed)
}

func TestNativeStreamWithACode(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
	a, b := stream(t, client, server)
	_, err := a.Write([]byte("hello"))
	require.NoError(t, err)
	b.CloseWithCode(1<<60, strings.Repeat("ä", 40))
	no := &sdk.StreamError{Code: 1<<53 - 1, Text: strings.Repeat("ä", 32)}
	o, err := a.Wait(patience.Context(t))
	require.Equal(t, no, err)
	require.Equal(t, sdk.Outcome{Result: sdk.Refused, Reason: sdk.ReasonStopped}, o)
	_, err = a.Read(make([]byte, 1))
	require.Equal(t, no, err)
	_, err = a.Write([]byte("late"))
	require.Equal(t, no, err)
	o, err = b.Wait(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Outcome{Result: sdk.Refused, Reason: sdk.ReasonClosedHere}, o)

	_, err = client.OpenStream(patience.Context(t), "")
	require.ErrorIs(t, err, sdk.ErrInvalid)
}

// TestNativeStreamsHaveBounds: what is too much for one side is refused, or waits.
func TestNativeStreamsHaveBounds(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
	all := fill(t, client)
	for range all {
		_, err := server.AcceptStream(patience.Context(t))
		require.NoError(t, err)
	}
	for range waiting {
		s, err := client.OpenStream(patience.Context(t), "more")
		require.NoError(t, err)
		all = append(all, s)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := client.OpenStream(short, "too many")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	accepted, err := server.AcceptStream(patience.Context(t))
	require.NoError(t, err)
	require.NoError(t, accepted.Close())
	for _, s := range all { // one of them is the accepted one
		require.NoError(t, s.Close())
	}
	_, err = client.OpenStream(patience.Context(t), "now")
	require.NoError(t, err)
}

// TestNativeSlowReader: it holds up its own stream only.
func TestNativeSlowReader(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for name, paths := range map[string]sdk.Paths{"relay": sdk.PathsRelay, "direct": sdk.PathsDirect} {
		t.Run(name, func(t *testing.T) {
			server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: paths})
			slow, unread := stream(t, client, server)
			require.NoError(t, slow.SetWriteDeadline(time.Now().Add(patience.Max)))
			stuck := make(chan error)
			go func() {
				_, err := slow.Write(noise(10 << 20))
				stuck <- err
			}()
			a, b := stream(t, client, server)
			content := noise(5 << 20)
			go func() {
				_, _ = a.Write(content)
				_ = a.Close()
			}()
			got, err := io.ReadAll(b)
			require.NoError(t, err)
			require.True(t, bytes.Equal(content, got))
			sdkpeer.Send(t, client, "chat", `1`)
			sdkpeer.Receive(t, server, "chat", `1`)
			require.NoError(t, slow.SetWriteDeadline(time.Now()))
			require.ErrorIs(t, <-stuck, os.ErrDeadlineExceeded)
			require.NoError(t, unread.Close())
			var no *sdk.StreamError
			require.NoError(t, slow.SetWriteDeadline(time.Time{}))
			for err = nil; err == nil; {
				_, err = slow.Write(content[:1])
			}
			require.ErrorAs(t, err, &no)
		})
	}
}

func TestNativeStreamsNeedVersion2(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	_, server := pathPeerOf(t, relay, true)
	base := sdkpeer.Listen(t, relay)
	options := &sdk.Options{HTTPClient: &http.Client{Transport: noSubprotocol{}}}
	plain, err := sdk.Dial(patience.Context(t), base.ClientURL(), options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = plain.Close() })
	require.False(t, plain.Reliable())
	for _, c := range []*sdk.Conn{server, plain, sdkpeer.Accept(t, base)} {
		_, err := c.OpenStream(patience.Context(t), "file")
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.ErrorIs(t, err, sdk.ErrUnsupported)
		_, err = c.AcceptStream(patience.Context(t))
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
}

// noSubprotocol makes a peer one of the base protocol.
type noSubprotocol struct{}

func (noSubprotocol) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Del("Sec-WebSocket-Protocol")
	return http.DefaultTransport.RoundTrip(request)
}
