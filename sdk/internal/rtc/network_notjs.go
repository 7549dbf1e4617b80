//go:build !js

package rtc

import (
	"context"
	"net"
	"net/netip"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
)

type networkKey struct{}

// WithNetwork returns a context in which Dial and Listen of the SDK have their direct paths on
// another network than that of this host: a test's.
func WithNetwork(ctx context.Context, network transport.Net) context.Context {
	return context.WithValue(ctx, networkKey{}, network)
}

// NetworkOf returns the network of a context; nil is that of this host.
func NetworkOf(ctx context.Context) transport.Net {
	network, _ := ctx.Value(networkKey{}).(transport.Net)
	return network
}

// interfacesOf returns the interfaces that a network has now, with the addresses that ICE uses,
// the most useful first.
func interfacesOf(network transport.Net) ([]*transport.Interface, error) {
	if network != nil {
		all, err := network.Interfaces()
		return gatherable(all, nil), err
	}
	std, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	all, err := std.Interfaces()
	return gatherable(all, routedAddresses()), err
}

// listenOn opens a UDP socket of an address.
func listenOn(network transport.Net, addr netip.Addr) (net.PacketConn, error) {
	at := net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0))
	if network != nil {
		return network.ListenUDP("udp", at)
	}
	return net.ListenUDP("udp", at)
}
