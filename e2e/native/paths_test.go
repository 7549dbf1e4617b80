package native_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk"
)

// meet returns both sides of a connection with these options.
func meet(t testing.TB, relay *relayproc.Relay, forServer, forClient sdk.Options) (server, client *sdk.Conn) {
	t.Helper()
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", &forServer)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	client, err = sdk.Dial(patience.Context(t), ln.ClientURL(), &forClient)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return sdkpeer.Accept(t, ln), client
}

// takes waits until the messages of a side take a route.
func takes(t testing.TB, c *sdk.Conn, route sdk.Route) {
	t.Helper()
	for now := c.Path(); now.Route != route; {
		var err error
		now, err = c.WaitPath(patience.Context(t), now)
		require.NoError(t, err)
	}
}

// direct returns two sides whose messages take the direct path, which nothing but Paths has
// asked for.
func direct(t testing.TB, relay *relayproc.Relay) (server, client *sdk.Conn) {
	t.Helper()
	server, client = meet(t, relay, sdk.Options{Paths: sdk.PathsAuto}, sdk.Options{Paths: sdk.PathsAuto})
	takes(t, client, sdk.RouteDirect)
	takes(t, server, sdk.RouteDirect)
	return server, client
}

// cut ends the direct path at one side, of which the other one hears nothing.
func cut(t testing.TB, c *sdk.Conn) {
	t.Helper()
	pc, err := c.PeerConnection()
	require.NoError(t, err)
	require.NoError(t, pc.SCTP().Transport().ICETransport().Stop())
}

// talk is messages from one side to the other, one each millisecond, until it is stopped. Each
// must arrive once and in order.
type talk struct {
	stop  context.CancelFunc
	all   sync.WaitGroup
	heard atomic.Int64 // messages that have arrived
	err   error        // owned by the sender
}

func newTalk(t testing.TB, from, to *sdk.Conn) *talk {
	k := &talk{}
	within := patience.Context(t)
	talking, stop := context.WithCancel(within)
	k.stop = stop
	send := func(data string) error {
		_, err := from.Send(within, sdk.Message{Type: "chat", Data: []byte(data)})
		return err
	}
	k.all.Go(func() {
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		for n := 0; talking.Err() == nil && k.err == nil; n++ {
			k.err = send(strconv.Itoa(n))
			<-pace.C
		}
		if k.err == nil {
			k.err = send(`"end"`)
		}
	})
	k.all.Go(func() {
		for n := 0; ; n++ {
			m, err := to.Receive(within)
			if string(m.Data) == `"end"` {
				return
			}
			if err != nil || string(m.Data) != strconv.Itoa(n) {
				t.Errorf("message %d: %s %v", n, m.Data, err)
				return
			}
			k.heard.Add(1)
		}
	})
	return k
}

// hears waits until so many more messages have arrived.
func (k *talk) hears(t testing.TB, more int64) {
	t.Helper()
	until := k.heard.Load() + more
	require.Eventually(t, func() bool { return k.heard.Load() >= until }, patience.Max, 5*time.Millisecond)
}

// end ends the talk.
func (k *talk) end(t testing.TB) {
	t.Helper()
	k.stop()
	k.all.Wait()
	require.NoError(t, k.err)
}

func TestNativeMessagesGoOnWithoutTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := direct(t, relay)
	require.Equal(t, sdk.PathUp, client.Path().State)
	there, back := newTalk(t, client, server), newTalk(t, server, client)
	there.hears(t, 100)
	back.hears(t, 100)
	relay.Kill()
	there.hears(t, 1000)
	back.hears(t, 1000)
	require.Equal(t, sdk.Connected, client.State())
	require.Equal(t, sdk.Connected, server.State())
	require.NoError(t, relay.Process.Start())
	there.end(t)
	back.end(t)
	path := client.Path()
	require.Positive(t, path.Sent)
	require.Positive(t, path.Received)
	require.Positive(t, path.RoundTrip)
}

func TestNativeMessagesGoOnWithoutTheDirectPath(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for name, of := range map[string]func(server, client *sdk.Conn) *sdk.Conn{
		"the client's end": func(_, client *sdk.Conn) *sdk.Conn { return client },
		"the server's end": func(server, _ *sdk.Conn) *sdk.Conn { return server },
	} {
		t.Run(name, func(t *testing.T) {
			server, client := direct(t, relay)
			there, back := newTalk(t, client, server), newTalk(t, server, client)
			there.hears(t, 500)
			back.hears(t, 500)
			cut(t, of(server, client))
			takes(t, client, sdk.RouteRelay)
			takes(t, server, sdk.RouteRelay)
			require.Equal(t, sdk.Connected, client.State())
			there.end(t)
			back.end(t)
		})
	}
}

func TestNativeConnOutlivesItsSessionsWhileItIsDirect(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := direct(t, relay)
	relay.Kill()
	require.NoError(t, os.Remove(filepath.Join(relay.Args[1], "resume.key")))
	require.NoError(t, relay.Process.Start()) // which lets no peer resume
	<-within1s(t)
	for range 3 {
		<-within1s(t)
		sdkpeer.Send(t, client, "chat", `1`)
		sdkpeer.Receive(t, server, "chat", `1`)
		sdkpeer.Send(t, server, "chat", `2`)
		sdkpeer.Receive(t, client, "chat", `2`)
		require.Equal(t, sdk.Connected, client.State())
		require.Equal(t, sdk.Connected, server.State())
	}
	pc, err := client.PeerConnection()
	require.NoError(t, err)
	require.NoError(t, pc.Close()) // which the server hears
	for _, c := range []*sdk.Conn{client, server} {
		_, err := c.Receive(patience.Context(t))
		var over *sdk.RelayError
		require.ErrorAs(t, err, &over)
	}
}

// The sessions end while the direct path lets nothing through: it may come back.
func TestNativeConnOutlivesItsSessionsWhileItsPathIsSuspect(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	w, server, client := wired(t, relay)
	there, back := newTalk(t, client, server), newTalk(t, server, client)
	w.setCut(true)
	takes(t, client, sdk.RouteRelay)
	takes(t, server, sdk.RouteRelay)
	relay.Kill()
	require.NoError(t, os.Remove(filepath.Join(relay.Args[1], "resume.key")))
	require.NoError(t, relay.Process.Start()) // which lets no peer resume
	for _, c := range []*sdk.Conn{client, server} {
		for state := c.State(); state != sdk.Reconnecting; {
			var err error
			state, err = c.WaitState(patience.Context(t), state)
			require.NoError(t, err)
		}
	}
	<-within1s(t)
	<-within1s(t)
	w.setCut(false)
	takes(t, client, sdk.RouteTURN)
	takes(t, server, sdk.RouteTURN)
	there.end(t)
	back.end(t)
}

func TestNativeKickEndsADirectConn(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := direct(t, relay)
	require.NoError(t, server.Kick(patience.Context(t), nil))
	_, err := client.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrKicked)
	_, err = server.Receive(patience.Context(t))
	var gone *sdk.GoneError
	require.ErrorAs(t, err, &gone)
	require.Equal(t, sdk.ReasonKicked, gone.Reason)
}

func TestNativePolicies(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	t.Run("relay: no path is made unless the application asks", func(t *testing.T) {
		server, client := meet(t, relay, sdk.Options{Paths: sdk.PathsRelay}, sdk.Options{Paths: sdk.PathsAuto})
		sdkpeer.Send(t, client, "chat", `1`)
		sdkpeer.Receive(t, server, "chat", `1`)
		<-within1s(t)
		require.Equal(t, sdk.PathIdle, client.Path().State)
		require.Equal(t, sdk.PathIdle, server.Path().State)
		sdkpeer.Channels(t, client, server, "file")
		sdkpeer.Send(t, client, "chat", `2`)
		sdkpeer.Receive(t, server, "chat", `2`)
		require.Equal(t, sdk.RouteRelay, client.Path().Route)
	})
	t.Run("direct: messages wait for the path", func(t *testing.T) {
		server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsDirect})
		sdkpeer.Send(t, client, "chat", `1`)
		sdkpeer.Receive(t, server, "chat", `1`)
		require.Equal(t, sdk.RouteDirect, client.Path().Route)
		sdkpeer.Send(t, server, "chat", `2`)
		sdkpeer.Receive(t, client, "chat", `2`)
	})
	t.Run("relay and direct have nothing in common", func(t *testing.T) {
		_, client := meet(t, relay, sdk.Options{Paths: sdk.PathsRelay}, sdk.Options{Paths: sdk.PathsDirect})
		_, err := client.Receive(patience.Context(t))
		var broken *sdk.LinkError
		require.ErrorAs(t, err, &broken)
		require.Equal(t, "no-common-path", broken.Why)
	})
}

// pathPeerOf returns a client of that kind and its Conn at a server that is the SDK's.
func pathPeerOf(t testing.TB, relay *relayproc.Relay, old bool) (*pathPeer, *sdk.Conn) {
	t.Helper()
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", &sdk.Options{Paths: sdk.PathsAuto})
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	p := newPathPeer(t, ln, old)
	server := sdkpeer.Accept(t, ln)
	p.connect()
	return p, server
}

func TestNativePeerPings(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	p, server := pathPeerOf(t, relay, false)
	require.Equal(t, "\x01\x01", <-p.got, "a PING when the channel opens")
	require.Equal(t, sdk.RouteRelay, server.Path().Route)
	require.NoError(t, p.channel.Send([]byte{1, 5}))
	require.Equal(t, "\x02\x05", <-p.got)
	require.NoError(t, p.channel.Send([]byte{2, 1}))
	takes(t, server, sdk.RouteDirect)
	require.NoError(t, p.channel.SendText(`{"type":"chat","message":7,"link":{"id":"`+p.id()+`","n":1}}`))
	sdkpeer.Receive(t, server, "chat", `7`)
}

// TestNativeProbeOverTheRelay: the other side no longer sends on the direct path, so this side asks
// it at once, although nothing of its own is under way.
func TestNativeProbeOverTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	p, server := pathPeerOf(t, relay, false)
	hear := func() string {
		select {
		case message := <-p.got:
			return message
		case <-patience.Context(t).Done():
			t.Fatal("nothing comes on channel 253")
			return ""
		}
	}
	require.Equal(t, "\x01\x01", hear())
	require.NoError(t, p.channel.Send([]byte{2, 1}))
	takes(t, server, sdk.RouteDirect)
	probe := hear()
	p.do(func(l *link.Link, now link.Time) {
		l.ReceiveDirect(now, new(link.Health), []byte(probe), true)
		l.Doubt(now, link.Relay)
	})
	require.Equal(t, "\x01\x02", hear())
}
