package nat_test

import "strings"

// A kind is what stands between a site and the Internet. The words for mapping and filtering are
// those of RFC 4787.
type kind struct {
	name      string
	ipv4      bool
	ipv6      bool
	translate mapping
	filter    filtering
	udp       bool // leaves the site
	tcp       bool // leaves the site on ports other than 443
}

type (
	mapping   int // how a router chooses the public address of a socket
	filtering int // from where a router lets a packet in
)

const (
	notMapped mapping = iota // the site has public addresses
	samePort                 // the same for all destinations
	newPort                  // another for each destination
)

const (
	fromAll     filtering = iota
	fromAddress           // to which the socket has sent
	fromPort              // and from that port of it
)

// kinds are the networks of the matrix. The site that has only IPv6 has a firewall, as is usual.
var kinds = []kind{
	{name: "no NAT", ipv4: true, udp: true, tcp: true},
	{name: "full cone", ipv4: true, translate: samePort, filter: fromAll, udp: true, tcp: true},
	{name: "address-restricted", ipv4: true, translate: samePort, filter: fromAddress, udp: true, tcp: true},
	{name: "port-restricted", ipv4: true, translate: samePort, filter: fromPort, udp: true, tcp: true},
	{name: "symmetric", ipv4: true, translate: newPort, filter: fromPort, udp: true, tcp: true},
	{name: "UDP blocked", ipv4: true, translate: samePort, filter: fromPort, tcp: true},
	{name: "only TCP 443", ipv4: true, translate: samePort, filter: fromPort},
	{name: "IPv6 only", ipv6: true, filter: fromPort, udp: true, tcp: true},
}

// kindOf returns the kind with a name.
func kindOf(name string) kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	panic("no kind " + name)
}

// slug is the name in a test's name.
func (k kind) slug() string { return strings.ReplaceAll(k.name, " ", "-") }

// The paths of channels and media.
const (
	direct = "direct"
	turn   = "turn" // through the relay's TURN server
)

// expected returns the best path that there can be between two sites, each of which reaches the
// relay.
func expected(a, b kind) string {
	switch {
	case !a.udp || !b.udp:
		return turn
	case a.ipv6 && b.ipv6: // both firewalls open when both sides send
		return direct
	case !a.ipv4 || !b.ipv4:
		return turn
	case unforeseen(a, b) || unforeseen(b, a):
		return turn
	}
	return direct
}

// unforeseen reports whether the packets of a come from a port that b cannot know, and does not
// let in.
func unforeseen(a, b kind) bool { return a.translate == newPort && b.filter == fromPort }
