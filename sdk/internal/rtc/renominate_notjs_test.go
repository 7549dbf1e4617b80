//go:build !js

package rtc_test

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// lateNet is this host's network, on which the sockets of host candidates send nothing until it
// is open.
type lateNet struct {
	transport.Net
	open atomic.Bool
}

func newLateNet(t testing.TB) *lateNet {
	std, err := stdnet.NewNet()
	require.NoError(t, err)
	return &lateNet{Net: std}
}

func (n *lateNet) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, at)
	return lossySocket{conn, func(_, _ net.Addr) bool { return !n.open.Load() }}, err
}

// A lossySocket loses some of what is sent from it.
type lossySocket struct {
	transport.UDPConn
	lost func(from, to net.Addr) bool
}

func (s lossySocket) WriteTo(b []byte, to net.Addr) (int, error) {
	if s.lost(s.LocalAddr(), to) {
		return len(b), nil
	}
	return s.UDPConn.WriteTo(b, to)
}

// TestABetterPairTakesOver: at first only a TURN server connects the peers. They take that soon,
// and the direct pair when it works later.
func TestABetterPairTakesOver(t *testing.T) {
	_, tcp := serveTURN(t, "127.0.0.1")
	network := newLateNet(t)
	p := &pair{}
	options := rtc.Options{ICEServers: []rtc.ICEServer{tcp}}
	options.Network = network
	there := options
	options.Offer, options.Signal, there.Signal = true, p.wire(&p.answering), p.wire(&p.offering)
	p.offering, p.answering = rtc.New(options), rtc.New(there)
	for _, peer := range []*rtc.Peer{p.offering, p.answering} {
		peer.Start()
		t.Cleanup(func() { require.NoError(t, peer.Close()) })
	}
	begun := time.Now()
	opened, accepted := open(t, p.offering, p.answering, "first")
	require.Less(t, time.Since(begun), 10*time.Second)
	require.True(t, p.offering.Pair().TURN())
	require.True(t, p.answering.Pair().TURN())

	network.open.Store(true)
	for _, peer := range []*rtc.Peer{p.offering, p.answering} {
		require.Eventually(t, func() bool { return !peer.Pair().TURN() }, 2*time.Minute, time.Millisecond)
	}
	t.Log(time.Since(begun))
	sendText(t, opened, "directly")
	wantText(t, accepted, "directly")
}
