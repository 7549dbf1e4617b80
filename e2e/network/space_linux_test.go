package network_test

import (
	"testing"

	"github.com/sebas642/intercessor/e2e/netspace"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// A space is the network of one machine.
type space struct{ *netspace.Space }

func newSpace(t testing.TB) *space {
	t.Helper()
	return &space{netspace.New(t)}
}

// join leaves the network where the space is for another. The address that IPv6 gives itself a
// second later would be one more change, on which Chromium loads nothing.
func (s *space) join(network string) {
	s.T.Helper()
	s.Run("ip link set eth0 down addrgenmode none; ip addr flush dev eth0; ip addr add " + network + ".2/24 dev eth0; ip link set eth0 up; ip route add default via " + network + ".1")
}

// slow limits what a peer sends, on every path; fast ends that.
func (s *space) slow(rate string) {
	s.T.Helper()
	s.Run("tc qdisc add dev eth0 root tbf rate " + rate + " burst 16k latency 100ms")
}

func (s *space) fast() {
	s.T.Helper()
	s.Run("tc qdisc del dev eth0 root")
}

// terminal starts a terminal peer.
func (s *space) terminal(args ...string) (p *termproc.Peer) {
	s.T.Helper()
	s.Do(func() { p = termproc.Start(s.T, args...) })
	return p
}
