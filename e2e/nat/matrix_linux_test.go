package nat_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEveryPairOfNetworksMeets: a server behind each kind of network, and a client behind each. A
// message, a byte stream and a data channel come through, on the best path that there can be.
func TestEveryPairOfNetworksMeets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	clients := make([]*site, len(kinds))
	for n, k := range kinds {
		clients[n] = l.join(k)
	}
	for _, server := range kinds {
		url := l.listen(t, l.join(server), task{URL: relayURL})
		for _, client := range clients {
			t.Run(server.slug()+"/"+client.kind.slug(), func(t *testing.T) {
				t.Parallel()
				want := expected(server, client.kind)
				note(pair(server, client.kind), l.dial(t, client, task{URL: url, Want: want}).cell(want))
			})
		}
	}
}

// pair is the key of a cell of the matrix.
func pair(server, client kind) string { return server.name + " and " + client.name }

// A meeting is of two sites that are not in the matrix.
type meeting struct {
	name           string
	server, client kind
	change         func(*site) // of both; may be nil
}

// meetings are those of networks that are not in the matrix.
var meetings = []meeting{
	{"both have IPv4 and IPv6, and symmetric NAT", dual("symmetric"), dual("symmetric"), nil},
	{"IPv4 and IPv6, with symmetric NAT; IPv6 only", dual("symmetric"), kindOf("IPv6 only"), nil},
	{"IPv4 and IPv6; IPv4 only; symmetric NAT on both sides", dual("symmetric"), kindOf("symmetric"), nil},
	{"both networks are 192.168.200.0/24, behind port-restricted NAT", kindOf("port-restricted"), kindOf("port-restricted"), sameNetwork},
	{"both networks are 192.168.200.0/24, behind symmetric NAT", kindOf("symmetric"), kindOf("symmetric"), sameNetwork},
	{"an MTU of 1280, and port-restricted NAT on both sides", kindOf("port-restricted"), kindOf("port-restricted"), smallPackets},
	{"an MTU of 1280, and symmetric NAT on both sides", kindOf("symmetric"), kindOf("symmetric"), smallPackets},
	{"an MTU of 1280; UDP blocked on both sides", kindOf("UDP blocked"), kindOf("UDP blocked"), smallPackets},
	{"an MTU of 1280; IPv6 only; symmetric NAT", kindOf("IPv6 only"), kindOf("symmetric"), smallPackets},
}

// dual returns a kind with IPv6 beside it.
func dual(name string) kind {
	k := kindOf(name)
	k.ipv6 = true
	return k
}

func sameNetwork(s *site) { s.lan = "192.168.200" }

func smallPackets(s *site) { s.mtu = 1280 }

// TestOtherNetworksMeet does the same for networks that differ in other ways.
func TestOtherNetworksMeet(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, m := range meetings {
		if m.change == nil {
			m.change = func(*site) {}
		}
		server, client := l.join(m.server, m.change), l.join(m.client, m.change)
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			want := expected(m.server, m.client)
			url := l.listen(t, server, task{URL: relayURL})
			note(m.name, l.dial(t, client, task{URL: url, Want: want}).cell(want))
		})
	}
}

// TestTheRelayAnswersFromTheAddressThatWasAsked: its machine has two, and packets that come from
// the other one do not pass a NAT.
func TestTheRelayAnswersFromTheAddressThatWasAsked(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	k := kindOf("port-restricted")
	url := l.listen(t, l.join(k), task{URL: "wss://second.test/server"})
	l.dial(t, l.join(k), task{URL: url, Want: direct})
}

// deaf are the networks of clients to whom a TURN server of the operator's does not answer.
var deaf = []kind{kindOf("no NAT"), kindOf("UDP blocked")}

func deafName(k kind) string {
	return "no NAT; " + k.name
}

// TestADeafTURNServerHoldsUpNothing: packets to a TURN server that the operator names beside the
// relay's own vanish. A client whose TURN server does not answer could not close its connection for
// ten seconds.
func TestADeafTURNServerHoldsUpNothing(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("0123456789abcdef\n"), 0o600))
	l := newLab(t, "--ice-url", "turn:nowhere.test:3478?transport=tcp", "--ice-secret-file", secret)
	server := kindOf("no NAT")
	url := l.listen(t, l.join(server), task{URL: relayURL})
	for _, k := range deaf {
		client := l.join(k)
		t.Run(k.slug(), func(t *testing.T) {
			t.Parallel()
			want := expected(server, k)
			r := l.dial(t, client, task{URL: url, Want: want})
			require.Less(t, r.Close, 8*time.Second)
			note(deafName(k), r.cell(want)+fmt.Sprintf(", closed within %.2f", r.Close.Seconds()))
		})
	}
}
