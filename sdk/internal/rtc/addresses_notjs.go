//go:build !js

package rtc

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/pion/transport/v5"
)

// maxAddresses bounds the addresses of this host that ICE uses. ICE checks each of them against
// each address of the other peer, five times a second.
const maxAddresses = 16

// virtual lists the name prefixes of interfaces that lead to containers and virtual machines
// of this host. Docker also names bridges br- and 12 hexadecimal digits.
var virtual = []string{"docker", "veth", "virbr", "vnet", "vmnet", "vboxnet", "podman", "cni", "flannel", "cali", "lxcbr", "lxdbr", "vEthernet"}

func isVirtual(name string) bool {
	digits, bridge := strings.CutPrefix(name, "br-")
	return bridge && len(digits) == 12 && strings.Trim(digits, "0123456789abcdef") == "" ||
		slices.ContainsFunc(virtual, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// gatherable returns the interfaces that are up, with the addresses that ICE uses: one per
// network of an interface, at most maxAddresses, those in routed first. A virtual interface
// is used only if it has an address in routed or if there is no physical one. Loopback is used
// only if there is nothing else: two peers on one host can meet at any of its addresses.
// IPv6 link-local addresses are left out, because candidates must not contain them.
func gatherable(all []*transport.Interface, routed []netip.Addr) []*transport.Interface {
	var ranked [4][]*transport.Interface // one address each; by rank: routed, physical, virtual, loopback
	for _, it := range all {
		if it.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, _ := it.Addrs() // an error means none
		var networks []netip.Prefix
		for _, addr := range addrs {
			prefix, err := netip.ParsePrefix(addr.String())
			if err != nil || prefix.Addr().Is6() && prefix.Addr().IsLinkLocalUnicast() {
				continue
			}
			rank := 1
			switch {
			case it.Flags&net.FlagLoopback != 0:
				rank = 3
			case slices.Contains(routed, prefix.Addr()):
				rank = 0
			case slices.Contains(networks, prefix.Masked()):
				continue
			case isVirtual(it.Name):
				rank = 2
			}
			networks = append(networks, prefix.Masked())
			one := transport.NewInterface(it.Interface)
			one.AddAddress(addr)
			ranked[rank] = append(ranked[rank], one)
		}
	}
	chosen := append(ranked[0], ranked[1]...)
	for _, rest := range ranked[2:] {
		if len(chosen) == 0 {
			chosen = rest
		}
	}
	return chosen[:min(len(chosen), maxAddresses)]
}

// routedAddresses returns the source addresses of packets to the internet. It sends nothing:
// connecting a UDP socket only looks up the route.
func routedAddresses() (list []netip.Addr) {
	for _, somewhere := range []string{"198.51.100.1:9", "[2001:db8::1]:9"} { // RFC 5737, RFC 3849
		conn, err := net.Dial("udp", somewhere)
		if err != nil {
			continue
		}
		list = append(list, conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().WithZone(""))
		_ = conn.Close()
	}
	return list
}
