package doctor

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// The lengths of packets through TURN over UDP. QUIC and browsers send up to 1,200 bytes. The
// largest packet of pion's data channels is 1,265 bytes long with DTLS; 1,300 bytes pass an
// MTU of 1,420, which WireGuard's tunnels have.
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
		case isTimeout(err) || errors.Is(err, syscall.EMSGSIZE):
			return Fail(fmt.Sprintf("UDP packets with %d bytes of data are lost on the way, though small ones pass: the path's MTU is too small and fragments are dropped", length), advice)
		default:
			return Fail(fmt.Sprintf("a packet of %d bytes fails: %v", length, root(err)), advice)
		}
	}
	return Passed("packets of %d and %d bytes pass", usualPacket, largePacket)
}
