package rtc_test

import (
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// twoWays is a network with two addresses. What comes from or goes to one socket can be dropped.
type twoWays struct {
	transport.Net
	dead atomic.Value // string: the socket's address
}

func (n *twoWays) Interfaces() ([]*transport.Interface, error) {
	it := transport.NewInterface(net.Interface{Index: 1, MTU: 1500, Name: "lo", Flags: net.FlagUp | net.FlagLoopback})
	for _, last := range []byte{1, 2} {
		it.AddAddress(&net.IPNet{IP: net.IPv4(127, 0, 0, last), Mask: net.CIDRMask(32, 32)})
	}
	return []*transport.Interface{it}, nil
}

func (n *twoWays) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, at)
	return lossySocket{conn, func(from, to net.Addr) bool {
		dead := n.dead.Load()
		return dead == to.String() || dead == from.String()
	}}, err
}

// TestAnotherPairTakesOverAfterTheSearch: the selected pair stops working when ICE no longer looks
// for a better one.
func TestAnotherPairTakesOverAfterTheSearch(t *testing.T) {
	t.Parallel()
	std, err := stdnet.NewNet()
	require.NoError(t, err)
	network := &twoWays{Net: std}
	p := &pair{}
	options := rtc.Options{}
	options.Network = network
	there := options
	options.Offer, options.Signal, there.Signal = true, p.wire(&p.answering), p.wire(&p.offering)
	p.offering, p.answering = rtc.New(options), rtc.New(there)
	for _, peer := range []*rtc.Peer{p.offering, p.answering} {
		peer.Start()
		t.Cleanup(func() { require.NoError(t, peer.Close()) })
	}
	opened, accepted := open(t, p.offering, p.answering, "first")
	pc, err := p.offering.PeerConnection()
	require.NoError(t, err)
	remote := func() string {
		selected, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
		require.NoError(t, err)
		return net.JoinHostPort(selected.Remote.Address, strconv.Itoa(int(selected.Remote.Port)))
	}
	p.offering.EndSearch()
	was := remote()
	network.dead.Store(was)
	require.Eventually(t, func() bool { return remote() != was }, 25*time.Second, 10*time.Millisecond)
	sendText(t, opened, "another way")
	wantText(t, accepted, "another way")
}
