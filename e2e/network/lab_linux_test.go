package network_test

import (
	"testing"

	"github.com/sebas642/intercessor/e2e/relayproc"
)

// A lab is two peers' networks, and between them the machine of the relay, which is also their
// router.
type lab struct {
	t            testing.TB
	router, a, b *space
	relay        *relayproc.Relay
}

// newLab makes a lab in which there is no direct path.
func newLab(t testing.TB) *lab {
	t.Helper()
	relayd := relayproc.Build(t, "relayd", "-race") // where there may be an Internet
	relayproc.Build(t, "sdk/cmd/intercessor")
	l := &lab{t: t, router: newSpace(t), a: newSpace(t), b: newSpace(t)}
	l.router.run("ip addr add 10.0.0.1/32 dev lo")
	l.router.run("ip link add name to-a type veth peer name eth0 netns " + l.a.path + "; ip addr add 10.1.0.1/24 dev to-a; ip addr add 10.2.0.1/24 dev to-a; ip link set to-a up")
	l.router.run("ip link add name to-b type veth peer name eth0 netns " + l.b.path + "; ip addr add 10.3.0.1/24 dev to-b; ip addr add 10.4.0.1/24 dev to-b; ip link set to-b up")
	l.cut()
	l.a.join("10.1.0")
	l.b.join("10.3.0")
	l.router.do(func() { l.relay = relayproc.StartBinary(t, relayd, "--listen", "10.0.0.1:0") })
	return l
}

// join leaves the network where the space is for another. The address that IPv6 gives itself a
// second later would be one more change, on which Chromium loads nothing.
func (s *space) join(network string) {
	s.t.Helper()
	s.run("ip link set eth0 down addrgenmode none; ip addr flush dev eth0; ip addr add " + network + ".2/24 dev eth0; ip link set eth0 up; ip route add default via " + network + ".1")
}

// cut has the router drop what the peers send each other, without a word; mend ends that.
func (l *lab) cut() {
	l.t.Helper()
	l.router.run("echo 0 >/proc/sys/net/ipv4/ip_forward")
}

func (l *lab) mend() {
	l.t.Helper()
	l.router.run("echo 1 >/proc/sys/net/ipv4/ip_forward")
}

// slow limits what a peer sends, on every path; fast ends that.
func (s *space) slow(rate string) {
	s.t.Helper()
	s.run("tc qdisc add dev eth0 root tbf rate " + rate + " burst 16k latency 100ms")
}

func (s *space) fast() {
	s.t.Helper()
	s.run("tc qdisc del dev eth0 root")
}

// blip kills the relay and starts it again.
func (l *lab) blip() {
	l.t.Helper()
	l.router.do(l.relay.Blip)
}
