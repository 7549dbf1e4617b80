package rtc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/netns"
)

// hosts returns two hosts with peers, joined by a cable.
func hosts(t *testing.T, cable string) (a, b *host) {
	t.Helper()
	a, b = newHost(t, settings{Offer: true}), newHost(t, settings{})
	connect(t, a, b, cable)
	return a, b
}

func TestVirtualBridgesAreNotGathered(t *testing.T) {
	if !netns.Isolated(t) {
		return
	}
	a, b := hosts(t, "eth0")
	for _, h := range []*host{a, b} {
		for i := range 40 {
			h.run(fmt.Sprintf("ip link add br-%012x type bridge; ip addr add 172.18.%d.1/24 dev br-%012x; ip link set br-%012x up", i, i, i, i))
		}
	}
	took, sent := meeting(t, a, b)
	t.Logf("with 40 bridges a side: %v", took)
	require.Equal(t, []string{"10.0.0.1"}, addresses(t, sent[0]))
	require.Equal(t, []string{"10.0.0.2"}, addresses(t, sent[1]))
}

func TestManyAddressesAreBounded(t *testing.T) {
	if !netns.Isolated(t) {
		return
	}
	for name, address := range map[string]string{"of one network": "10.0.0.%d/24", "each of its own": "10.1.%d.1/24"} {
		t.Run(name, func(t *testing.T) {
			a, b := hosts(t, "eth0")
			var commands []string
			for i := range 120 {
				commands = append(commands, fmt.Sprintf("ip addr add "+address+" dev eth0", i+100))
			}
			a.run(strings.Join(commands, "; "))
			took, sent := meeting(t, a, b)
			t.Logf("with 120 addresses, %s: %v", name, took)
			require.Contains(t, addresses(t, sent[0]), "10.0.0.1")
			require.LessOrEqual(t, len(addresses(t, sent[0])), 16)
			require.Equal(t, []string{"10.0.0.2"}, addresses(t, sent[1]))
		})
	}
}

// A container's only interface may have the name of a virtual interface.
func TestTheOnlyInterfaceIsGathered(t *testing.T) {
	if !netns.Isolated(t) {
		return
	}
	a, b := hosts(t, "veth0")
	took, sent := meeting(t, a, b)
	t.Logf("over veth0: %v", took)
	require.Equal(t, []string{"10.0.0.1"}, addresses(t, sent[0]))
}

// Without a network, two peers on one machine still meet.
func TestLoopbackIsGatheredAlone(t *testing.T) {
	if !netns.Isolated(t) {
		return
	}
	p := newPair(t)
	open(t, p.offering, p.answering, "first")
	netns.Run(t, "ip link add eth0 type veth peer name eth1; ip link set eth1 up; ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up")
	q := newPair(t)
	open(t, q.offering, q.answering, "first")
}

func TestTwoPeersOnAHostOfManyAddresses(t *testing.T) {
	if !netns.Isolated(t) {
		return
	}
	commands := []string{"ip link add eth0 type veth peer name eth1; ip link set eth1 up; ip link set eth0 up"}
	for i := range 120 {
		commands = append(commands, fmt.Sprintf("ip addr add 10.1.%d.1/24 dev eth0", i))
	}
	netns.Run(t, strings.Join(commands, "; "))
	p := newPair(t)
	begun := time.Now()
	_, err := p.offering.OpenChannel(within(t), "first")
	for tries := 0; err != nil && tries < 5; tries++ { // a loaded machine may give hundreds of checks up
		t.Log(err)
		p = newPair(t)
		_, err = p.offering.OpenChannel(within(t), "first")
	}
	require.NoError(t, err)
	t.Logf("on one host with 120 addresses: %v", time.Since(begun))
}
