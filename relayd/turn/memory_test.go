//go:build !race

// The race detector needs memory of its own.
package turn_test

import (
	"fmt"
	"testing"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// TestMemoryOfAnIdleAllocation: at most 12 KiB without its socket, with a permission and a channel.
func TestMemoryOfAnIdleAllocation(t *testing.T) {
	const n = 500
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			r, w := startOn(t, turn.Limits{RequestsOfNetwork: 1_000_000, Requests: 1_000_000})
			var clients []*raw
			before := heap()
			for i := range n {
				guest := r.add("room", protocol.ID(fmt.Sprint(network, i)))
				var c *raw
				if network == "tcp" {
					c, _, _ = r.connectPipe(guest)
				} else {
					c = r.rawAt(w, fmt.Sprintf("198.18.%d.%d:1000", i>>8, i&0xFF), guest)
				}
				c.challenge()
				clients = append(clients, c)
			}
			t.Logf("%d bytes for the socket, on both sides", (heap()-before)/n)
			before = heap()
			for _, c := range clients {
				answer := c.ask(stun.MethodAllocate, udp)
				require.Equal(t, 0, codeOf(c.bind(0x4000, labelOf(t, answer))))
			}
			each := (heap() - before) / n
			t.Logf("%d bytes for the allocation", each)
			require.LessOrEqual(t, each, int64(12<<10))
		})
	}
}
