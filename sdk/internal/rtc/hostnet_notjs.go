//go:build !js

package rtc

import (
	"context"
	"net"
	"net/netip"
	"strconv"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
)

// hostNet is the network of this host as pion sees it: its interfaces are those worth
// gathering from, and what waits ends with ctx. pion itself resolves and dials without a
// context.
type hostNet struct {
	transport.Net
	network     transport.Net // of PlatformOptions
	ctx         context.Context
	servers     *servers // notified when one cannot be dialled or looked up
	allocations *allocations
	checks      *checks // nil on the side that answers
}

func newHostNet(ctx context.Context, network transport.Net, asked *servers) (*hostNet, error) {
	std, err := stdnet.NewNet()
	n := &hostNet{Net: std, network: network, ctx: ctx, servers: asked, allocations: newAllocations()}
	if network != nil {
		n.Net = network
	}
	return n, err
}

// Interfaces reads the list each time, because an ICE restart often follows a network change.
func (n *hostNet) Interfaces() ([]*transport.Interface, error) {
	return interfacesOf(n.network)
}

func (n *hostNet) ResolveUDPAddr(network, address string) (*net.UDPAddr, error) {
	at, err := n.resolve(network, address)
	if err != nil {
		return nil, err
	}
	return net.UDPAddrFromAddrPort(at), nil
}

func (n *hostNet) ResolveTCPAddr(network, address string) (*net.TCPAddr, error) {
	at, err := n.resolve(network, address)
	if err != nil {
		return nil, err
	}
	return net.TCPAddrFromAddrPort(at), nil
}

// resolve looks up an address. If the name of the network ends with 4 or 6, the address is of
// that IP version.
func (n *hostNet) resolve(network, address string) (netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	family := "ip"
	if version := network[len(network)-1]; version == '4' || version == '6' {
		family += string(version)
	}
	addresses, err := net.DefaultResolver.LookupNetIP(n.ctx, family, host)
	if err != nil {
		if _, never := net.DefaultResolver.LookupNetIP(n.ctx, "ip", host); never != nil {
			n.servers.failed("", address, err)
		}
		return netip.AddrPort{}, err
	}
	at := netip.AddrPortFrom(addresses[0].Unmap(), uint16(port))
	n.servers.found(address, at.String())
	return at, nil
}
