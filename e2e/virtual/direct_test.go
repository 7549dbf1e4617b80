package virtual_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

var (
	one = netip.MustParseAddr("10.0.0.1")
	two = netip.MustParseAddr("10.0.0.2")
)

// hosts runs a test with two peers that may have a direct path.
func hosts(t *testing.T, test func(t *testing.T, w *world, server, client *virtual.Host)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.HTTPClient = w.line.Client()
		var n virtual.Packets
		server, client := n.Host(one), n.Host(two)
		ln, err := sdk.Listen(sdktest.WithNetwork(t.Context(), server), "ws://relay/server", &w.options)
		require.NoError(t, err)
		t.Cleanup(func() { _ = ln.Close() })
		w.ln = ln
		w.client, err = sdk.Dial(sdktest.WithNetwork(t.Context(), client), "ws://relay/client/"+ln.ID(), &w.options)
		require.NoError(t, err)
		t.Cleanup(func() { _ = w.client.Close() })
		w.server = w.accept()
		test(t, w, server, client)
	})
}

// travels waits until what a Conn sends takes a route.
func (w *world) travels(c *sdk.Conn, by sdk.Route, within time.Duration) {
	w.t.Helper()
	start := time.Now()
	for p := c.Path(); p.Route != by; {
		var err error
		p, err = c.WaitPath(w.t.Context(), p)
		require.NoError(w.t, err)
	}
	require.LessOrEqual(w.t, time.Since(start), within)
}

func TestDirectPathStandsInForTheRelay(t *testing.T) {
	hosts(t, func(t *testing.T, w *world, _, _ *virtual.Host) {
		w.travels(w.client, sdk.RouteDirect, time.Second)
		w.travels(w.server, sdk.RouteDirect, time.Second)
		w.line.Shut(true, false)
		w.cut()
		time.Sleep(time.Hour)
		require.Equal(t, sdk.Connected, w.client.State())
		w.delivers(w.send(w.client, "1"), w.server, "1")
		w.delivers(w.send(w.server, "2"), w.client, "2")
	})
}

func TestRelayStandsInForTheDirectPath(t *testing.T) {
	hosts(t, func(t *testing.T, w *world, server, _ *virtual.Host) {
		w.travels(w.client, sdk.RouteDirect, time.Second)
		w.travels(w.server, sdk.RouteDirect, time.Second)
		nothing := virtual.Road{Loss: 100}
		server.SetRoads(nothing, nothing)
		start := time.Now()
		w.delivers(w.send(w.client, "1"), w.server, "1")
		require.Less(t, time.Since(start), 3*time.Second)
		w.travels(w.client, sdk.RouteRelay, 0)
		time.Sleep(time.Hour)
		server.SetRoads(virtual.Road{}, virtual.Road{})
		w.travels(w.client, sdk.RouteDirect, 20*time.Minute) // the longest pause between two attempts, and one attempt
	})
}

// Without the relay a path that stalls again and again is used whenever it answers.
func TestDirectPathWithStallsStandsInForTheRelay(t *testing.T) {
	hosts(t, func(t *testing.T, w *world, server, _ *virtual.Host) {
		w.travels(w.client, sdk.RouteDirect, time.Second)
		w.travels(w.server, sdk.RouteDirect, time.Second)
		w.line.Shut(true, false)
		w.cut()
		nothing := virtual.Road{Loss: 100}
		for range 30 {
			r := w.send(w.client, "1")
			server.SetRoads(nothing, nothing)
			time.Sleep(4 * time.Second)
			server.SetRoads(virtual.Road{}, virtual.Road{})
			time.Sleep(16 * time.Second)
			w.delivers(r, w.server, "1")
			require.Equal(t, sdk.Connected, w.client.State())
			require.Equal(t, sdk.Connected, w.server.State())
		}
	})
}

func TestPathOfAnotherNetwork(t *testing.T) {
	hosts(t, func(t *testing.T, w *world, server, client *virtual.Host) {
		w.travels(w.client, sdk.RouteDirect, time.Second)
		client.Move(netip.MustParseAddr("10.0.0.3"))
		w.client.NetworkChanged()
		w.travels(w.client, sdk.RouteRelay, 10*time.Second)
		w.travels(w.client, sdk.RouteDirect, 30*time.Second)
		w.delivers(w.send(w.client, "1"), w.server, "1")
	})
}

func TestPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n virtual.Packets
		left, right := n.Host(one), n.Host(two)
		from, err := left.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(one, 0)))
		require.NoError(t, err)
		to, err := right.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(two, 0)))
		require.NoError(t, err)
		require.NoError(t, to.SetReadDeadline(time.Now().Add(time.Minute)))
		send := func() {
			_, err := from.WriteTo(make([]byte, 100), to.LocalAddr())
			require.NoError(t, err)
		}
		arrives := func(after time.Duration) {
			t.Helper()
			start := time.Now()
			n, by, err := to.ReadFrom(make([]byte, 1500))
			require.NoError(t, err)
			require.Equal(t, 100, n)
			require.Equal(t, from.LocalAddr(), by)
			require.Equal(t, after, time.Since(start))
		}
		send()
		arrives(0)

		left.SetRoads(virtual.Road{Delay: time.Second}, virtual.Road{})
		right.SetRoads(virtual.Road{}, virtual.Road{Rate: 100})
		send()
		arrives(2 * time.Second)
		for range 9 { // more than waits for a second
			send()
		}
		arrives(2 * time.Second)

		right.SetRoads(virtual.Road{}, virtual.Road{})
		left.SetRoads(virtual.Road{}, virtual.Road{})
		right.Stall(2 * time.Second)
		send()
		send()
		arrives(2*time.Second + time.Microsecond)
		arrives(time.Microsecond)

		left.SetRoads(virtual.Road{}, virtual.Road{Loss: 100})
		send()
		arrives(time.Microsecond)
		left.SetRoads(virtual.Road{Loss: 100}, virtual.Road{})
		send()
		_, _, err = to.ReadFrom(make([]byte, 1500))
		require.ErrorContains(t, err, "timeout")

		left.Move(netip.MustParseAddr("10.0.0.3"))
		_, err = from.WriteTo(make([]byte, 100), to.LocalAddr())
		require.ErrorContains(t, err, "unreachable")
		require.NoError(t, from.Close())
		require.NoError(t, to.Close())
		_, _, err = to.ReadFrom(make([]byte, 1500))
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

// Who waits for another path than one that has failed hears of the end of the Conn.
func TestWaitPathEndsWithAConnWithoutAPath(t *testing.T) {
	hosts(t, func(t *testing.T, w *world, server, _ *virtual.Host) {
		nothing := virtual.Road{Loss: 100}
		server.SetRoads(nothing, nothing)
		for p := w.client.Path(); p.State != sdk.PathOver; {
			var err error
			p, err = w.client.WaitPath(t.Context(), p)
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var waiting sync.WaitGroup
		waiting.Go(func() {
			_, err := w.client.WaitPath(ctx, w.client.Path())
			require.ErrorIs(t, err, sdk.ErrClosed)
		})
		synctest.Wait()
		require.NoError(t, w.client.Close())
		waiting.Wait()
	})
}
