package config

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/alecthomas/units"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/turn"
)

// TURN is relayd's own TURN server.
type TURN struct {
	Enabled bool       `key:"enabled" doc:"Whether relayd is a STUN and TURN server, too: over UDP and over TCP, with TLS if relayd has it, on the port of listen. SDK peers are told of it."`
	Listen  Address    `key:"listen" arg:"address" doc:"An address of its own for the TURN server, for UDP and TCP, instead of that of listen: for a relay behind a proxy that speaks HTTP."`
	Hosts   []string   `key:"hosts" flag:"turn-host" arg:"host" reload:"yes" doc:"The names or addresses by which peers reach the TURN server, each as relay.example.org, 192.0.2.7 or [2001:db8::7]. A peer that came to the relay by another name is told the first. Without this setting a peer is told the name by which it came. With several relays, each needs a name of its own."`
	UDPPort int        `key:"udp_port" arg:"port" default:"0" min:"0" max:"65535" reload:"yes" doc:"The UDP port that peers are told, if it is published under another number, as by a container. 0: the port by which a peer came, or that of turn.listen."`
	TCPPort int        `key:"tcp_port" arg:"port" default:"0" min:"0" max:"65535" reload:"yes" doc:"The same for TCP."`
	Label   netip.Addr `key:"label" arg:"address" default:"192.0.2.1" doc:"The relayed address that clients see. It is a label that exists only inside relayd, from 192.0.2.0/24, 198.51.100.0/24 or 203.0.113.0/24. Clients send a few UDP packets to it while they connect, which a firewall may drop."`

	ClientAllocations int              `key:"client_allocations" arg:"number" min:"1" max:"1000" reload:"yes" doc:"How many allocations a client may have. A server may have as many for each client that is present, and as many in addition. Beyond it an allocation that was idle for 30s makes way; without one, the new one is refused."`
	Allocations       int              `key:"allocations" arg:"number" min:"1" max:"60000" reload:"yes" doc:"How many allocations there may be in all, a quarter of them in one room. Beyond it an allocation that was idle for 30s makes way, of the room with the most; without one, the new one is refused."`
	Connections       int              `key:"connections" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"How many TCP connections the TURN server may have. A further one takes the place of the oldest without an allocation, or is closed; so are those of one source beyond limits.source_connections. If the process may open few files, at most an eighth of its sockets are for these."`
	AllocationBytes   units.Base2Bytes `key:"allocation_bytes" arg:"size" min:"16KiB" max:"64GiB" reload:"yes" doc:"How many bytes a second one allocation may relay. Packets beyond it wait for up to 100ms, as long as the queue of their receiver has space, and are dropped otherwise. A packet counts as at least 256 bytes."`
	RoomBytes         units.Base2Bytes `key:"room_bytes" arg:"size" min:"16KiB" max:"64GiB" reload:"yes" doc:"The same for all allocations of a room."`
	Bytes             units.Base2Bytes `key:"bytes" arg:"size" min:"16KiB" max:"64GiB" reload:"yes" doc:"The same for all allocations, where packets wait for up to 20ms. Each room that sends a 256th of it or more has an equal share, which others do not take."`
	NetworkRequests   int              `key:"network_requests" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"How many requests a second without a valid credential an IPv4 /24 or IPv6 /56 may send over UDP, with bursts of twice as many. Further ones get no answer."`
	Requests          int              `key:"requests" arg:"number" min:"1" max:"10000000" reload:"yes" doc:"The same for all networks together, in bursts of as many. As many requests may come over all TCP connections without an allocation; further ones wait."`
}

func (t *TURN) setDefaults() {
	t.ClientAllocations = turn.DefaultAllocationsOfClient
	t.Allocations = turn.DefaultAllocations
	t.Connections = turn.DefaultConnections
	t.AllocationBytes = turn.DefaultBytesOfAllocation
	t.RoomBytes = turn.DefaultBytesOfRoom
	t.Bytes = turn.DefaultBytes
	t.NetworkRequests = turn.DefaultRequestsOfNetwork
	t.Requests = turn.DefaultRequests
}

func (t *TURN) check(report func(key, why string)) {
	for _, host := range t.Hosts {
		if err := ice.CheckHost(host); err != nil {
			report("hosts", err.Error())
		}
	}
	if repeats(t.Hosts) {
		report("hosts", "has an entry twice")
	}
	if !protocol.IsLabel(t.Label.String()) {
		report("label", "must be an address of 192.0.2.0/24, 198.51.100.0/24 or 203.0.113.0/24, which belong to no machine")
	}
	if !t.Enabled && (t.Listen != "" || len(t.Hosts) > 0 || t.UDPPort != 0 || t.TCPPort != 0) {
		report("enabled", "must be true for the other settings of [turn] to have an effect")
	}
}

// checkTURN reports what cannot work with the other sections.
func (c *Config) checkTURN(report func(key, why string)) {
	t := &c.TURN
	if !t.Enabled {
		return
	}
	listen, key := c.Listen, "listen"
	if t.Listen != "" {
		listen, key = t.Listen, "turn.listen"
	}
	_, text, _ := net.SplitHostPort(string(listen))
	port, _ := net.LookupPort("tcp", text)
	const why = "is a port for which browsers ignore TURN servers: they use 53, 80, 443 and those from 1024 up"
	for _, p := range []struct {
		key  string
		port int
	}{{"turn.udp_port", t.UDPPort}, {"turn.tcp_port", t.TCPPort}} {
		if !isForBrowsers(cmp.Or(p.port, port)) {
			if p.port == 0 {
				p.key = key
			}
			report(p.key, why)
		}
	}
	if t.Listen == c.Listen && port != 0 {
		report("turn.listen", "is the address of listen, where the TURN server is without this setting: leave it out")
	}
	if len(c.Proxy.Trusted) > 0 && c.Proxy.Protocol != edge.ProxyProtocol && t.Listen == "" && (t.UDPPort == 0 || t.TCPPort == 0) {
		report("turn.listen", "must be set behind a proxy that speaks HTTP, which passes no TURN: name an address that peers can reach")
	}
	for _, host := range t.Hosts {
		if len(c.TLS.ACME.Hosts) > 0 && !slices.Contains(c.TLS.ACME.Hosts, strings.ToLower(host)) {
			report("turn.hosts", "has "+host+", for which there is no certificate: add it to tls.acme.hosts")
		}
	}
}

// isForBrowsers reports whether browsers use a TURN server on a port. 0 is a free port.
func isForBrowsers(port int) bool {
	return port == 0 || port == 53 || port == 80 || port == 443 || port >= 1024
}
