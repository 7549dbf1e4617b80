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
	l.router.Run("ip addr add 10.0.0.1/32 dev lo")
	l.router.Run("ip link add name to-a type veth peer name eth0 netns " + l.a.Path + "; ip addr add 10.1.0.1/24 dev to-a; ip addr add 10.2.0.1/24 dev to-a; ip link set to-a up")
	l.router.Run("ip link add name to-b type veth peer name eth0 netns " + l.b.Path + "; ip addr add 10.3.0.1/24 dev to-b; ip addr add 10.4.0.1/24 dev to-b; ip link set to-b up")
	l.cut()
	l.a.join("10.1.0")
	l.b.join("10.3.0")
	l.router.Do(func() { l.relay = relayproc.StartBinary(t, relayd, "--listen", "10.0.0.1:0") })
	return l
}

// cut has the router drop what the peers send each other, without a word; mend ends that.
func (l *lab) cut() {
	l.t.Helper()
	l.router.Run("echo 0 >/proc/sys/net/ipv4/ip_forward")
}

func (l *lab) mend() {
	l.t.Helper()
	l.router.Run("echo 1 >/proc/sys/net/ipv4/ip_forward")
}

// blip kills the relay and starts it again.
func (l *lab) blip() {
	l.t.Helper()
	l.router.Do(l.relay.Blip)
}
