package turn_test

import (
	"fmt"
	"testing"

	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// BenchmarkRelay relays packets between two clients over UDP, one after the other. The time
// includes that of the clients. `turnbench` of module e2e measures the server alone, beside coturn.
func BenchmarkRelay(b *testing.B) {
	for _, size := range []int{200, 1200} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			r := start(b, func(c *turn.Config) {
				c.Limits = turn.Limits{BytesOfAllocation: 1 << 40, BytesOfRoom: 1 << 40, Bytes: 1 << 40}
			})
			x, y := r.raw("udp", r.add("room", "room")), r.raw("udp", r.add("room", "guest"))
			toX, toY := x.allocate(), y.allocate()
			require.Equal(b, 0, codeOf(x.bind(0x4000, toY)))
			require.Equal(b, 0, codeOf(y.bind(0x4000, toX)))
			frame := data(0x4000, string(make([]byte, size)))
			b.ReportAllocs()
			for b.Loop() {
				x.write(frame)
				require.Len(b, y.read(), len(frame))
			}
		})
	}
}
