//go:build !js

package rtc

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v5"
	"github.com/stretchr/testify/require"
)

func TestHostNetGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n, err := newHostNet(ctx, nil, &servers{report: func(ServerError) {}, names: make(map[string]string)})
	require.NoError(t, err)
	at, err := n.ResolveUDPAddr("udp4", "127.0.0.1:53")
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:53", at.String())
	_, err = n.ResolveTCPAddr("tcp6", "127.0.0.1:53")
	require.Error(t, err, "not of that version")
	_, err = n.ResolveTCPAddr("tcp", "[::1]:x")
	require.Error(t, err)

	cancel()
	_, err = n.ResolveUDPAddr("udp", "turn.example:3478")
	require.ErrorContains(t, err, "canceled")
	_, err = n.ResolveTCPAddr("tcp", "turn.example:3478")
	require.ErrorContains(t, err, "canceled")
	_, err = n.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:9")))
	require.ErrorContains(t, err, "canceled")
}

// TestHostNetHoldsTCPBack: a TURN server over TCP is asked later than one over UDP, and at
// once if there is none.
func TestHostNetHoldsTCPBack(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	for _, c := range []struct {
		url     string
		relayed bool
		held    time.Duration
	}{
		{"turn:127.0.0.1:3478", false, holdTCP},
		{"turn:127.0.0.1:3478", true, holdTCP + holdRelayed},
		{"turn:127.0.0.1:3478?transport=udp", false, holdTCP},
		{"turn:127.0.0.1:3478?transport=tcp", false, 0},
		{"stun:127.0.0.1:3478", false, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := &servers{report: func(ServerError) {}, names: make(map[string]string)}
			asked.set([]ICEServer{{URLs: []string{"turns:127.0.0.1:5349", c.url}}})
			asked.relayed.Store(c.relayed)
			n, err := newHostNet(t.Context(), nil, asked)
			require.NoError(t, err)
			begun := time.Now()
			conn, err := n.DialTCP("tcp", nil, server.Addr().(*net.TCPAddr))
			require.NoError(t, err)
			require.NoError(t, conn.Close())
			require.Equal(t, c.held, time.Since(begun), c.url)
		})
	}
}

// TestHostNetSparesTCP: a path without TURN is there when TURN over TCP has waited.
func TestHostNetSparesTCP(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	synctest.Test(t, func(t *testing.T) {
		asked := &servers{report: func(e ServerError) { t.Error(e) }, names: make(map[string]string)}
		asked.set([]ICEServer{{URLs: []string{"turn:127.0.0.1:3478", "turn:" + server.Addr().String() + "?transport=tcp"}}})
		asked.relayed.Store(true)
		asked.direct.Store(true)
		n, err := newHostNet(t.Context(), nil, asked)
		require.NoError(t, err)
		_, err = n.DialTCP("tcp", nil, server.Addr().(*net.TCPAddr))
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestGatherableAddresses(t *testing.T) {
	const up, loop = net.FlagUp, net.FlagUp | net.FlagLoopback
	at := func(name string, flags net.Flags, addresses ...string) *transport.Interface {
		it := transport.NewInterface(net.Interface{Name: name, Flags: flags})
		for _, address := range addresses {
			ip, network, err := net.ParseCIDR(address)
			require.NoError(t, err)
			it.AddAddress(&net.IPNet{IP: ip, Mask: network.Mask})
		}
		return it
	}
	lo := at("lo", loop, "127.0.0.1/8", "::1/128")
	many := at("eth1", up)
	for i := range 100 {
		many.AddAddress(&net.IPNet{IP: net.IPv4(10, 1, byte(i), 1), Mask: net.CIDRMask(24, 32)})
	}
	for name, c := range map[string]struct {
		all    []*transport.Interface
		routed string
		want   []string
	}{
		"a desktop":                    {[]*transport.Interface{lo, at("wlan0", up, "192.168.1.5/24", "fe80::1/64", "2001:db8:1::5/64"), at("docker0", up, "172.17.0.1/16")}, "192.168.1.5", []string{"192.168.1.5", "2001:db8:1::5"}},
		"a bridge to the network":      {[]*transport.Interface{lo, at("br0", up, "192.168.1.5/24"), at("br-lan", up, "192.168.2.1/24"), at("br-0123456789ab", up, "172.18.0.1/16")}, "", []string{"192.168.1.5", "192.168.2.1"}},
		"a switch of virtual machines": {[]*transport.Interface{at("vEthernet (LAN)", up, "192.168.1.5/24"), at("vEthernet (WSL)", up, "172.20.0.1/20"), at("Wi-Fi", up, "10.0.0.5/8")}, "192.168.1.5", []string{"192.168.1.5", "10.0.0.5"}},
		"one address of a network":     {[]*transport.Interface{at("eth0", up, "10.0.0.1/24", "10.0.0.2/24", "2001:db8::1/64", "2001:db8::2/64")}, "", []string{"10.0.0.1", "2001:db8::1"}},
		"that of the route, too":       {[]*transport.Interface{at("eth0", up, "10.0.0.1/24", "10.0.0.2/24")}, "10.0.0.2", []string{"10.0.0.2", "10.0.0.1"}},
		"one network, two cards":       {[]*transport.Interface{at("eth0", up, "10.0.0.1/24"), at("wlan0", up, "10.0.0.2/24")}, "", []string{"10.0.0.1", "10.0.0.2"}},
		"a card that is down":          {[]*transport.Interface{lo, at("eth0", 0, "10.0.0.1/24"), at("wlan0", up, "10.0.0.2/24")}, "", []string{"10.0.0.2"}},
		"virtual ones alone":           {[]*transport.Interface{lo, at("veth0", up, "10.0.0.1/24"), at("docker0", up, "172.17.0.1/16")}, "", []string{"10.0.0.1", "172.17.0.1"}},
		"a default route into one":     {[]*transport.Interface{lo, at("veth0", up, "10.0.0.1/24"), at("docker0", up, "172.17.0.1/16")}, "10.0.0.1", []string{"10.0.0.1"}},
		"no network":                   {[]*transport.Interface{lo, at("eth0", up, "fe80::1/64")}, "", []string{"127.0.0.1", "::1"}},
		"nothing":                      {nil, "", nil},
	} {
		var routed []netip.Addr
		if c.routed != "" {
			routed = append(routed, netip.MustParseAddr(c.routed))
		}
		require.Equal(t, c.want, addressesOf(t, gatherable(c.all, routed)), name)
	}
	chosen := addressesOf(t, gatherable([]*transport.Interface{many, at("eth0", up, "192.0.2.1/24")}, []netip.Addr{netip.MustParseAddr("192.0.2.1")}))
	require.Len(t, chosen, maxAddresses)
	require.Equal(t, "192.0.2.1", chosen[0], "the most useful ones are kept")
}

func addressesOf(t *testing.T, list []*transport.Interface) (texts []string) {
	t.Helper()
	for _, it := range list {
		addrs, err := it.Addrs()
		require.NoError(t, err)
		for _, addr := range addrs {
			prefix, err := netip.ParsePrefix(fmt.Sprint(addr))
			require.NoError(t, err)
			texts = append(texts, prefix.Addr().String())
		}
	}
	return texts
}
