package doctor

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// The lengths of packets through TURN over UDP. Data channels of browsers and of pion send up
// to 1,228 bytes with DTLS, which just pass an MTU of 1,280. 1,300 bytes leave space for media
// with RTP's extensions. They pass an MTU of 1,420, which WireGuard's tunnels have.
const (
	usualPacket = 1200
	largePacket = 1300
)

// measure sends packets of the lengths that data channels use.
func (v *visit) measure(context.Context) Result {
	const advice = "raise the MTU of the tunnel or interface on the way to 1,420 or more, or let fragments and ICMP \"fragmentation needed\" through the firewall"
	for _, length := range []int{usualPacket, largePacket} {
		err := v.loop.pass(length)
		switch {
		case err == nil:
		case !isTimeout(err) && !errors.Is(err, syscall.EMSGSIZE):
			return Fail(fmt.Sprintf("a packet of %d bytes fails: %v", length, root(err)), advice)
		case length == usualPacket:
			return Fail(fmt.Sprintf("UDP packets with %d bytes of data are lost on the way, so data channels stall: the path's MTU is too small, and fragments are dropped", length), advice)
		default:
			return Fail(fmt.Sprintf("UDP packets with %d bytes of data are lost on the way, though those with %d pass: the path's MTU is close to 1,280, and fragments are dropped, so large media packets are lost", length, usualPacket), advice)
		}
	}
	return Passed("packets of %d and %d bytes pass", usualPacket, largePacket)
}
