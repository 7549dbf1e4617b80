package turn_test

import (
	"testing"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/require"
)

// TestAnAllocationThatReplacesAnotherStays: a client that ends an allocation and makes another at
// once keeps the second one.
func TestAnAllocationThatReplacesAnotherStays(t *testing.T) {
	r := start(t, nil)
	c := r.raw("udp", r.add("room", "guest"))
	c.allocate()
	for range 200 {
		refresh := c.message(stun.MethodRefresh, lifetime(0))
		allocate := c.message(stun.MethodAllocate, udp)
		c.write(refresh.Raw)
		c.write(allocate.Raw)
		for range 2 {
			answer := &stun.Message{Raw: c.read()}
			require.NoError(t, answer.Decode())
			require.Equal(t, 0, codeOf(answer))
		}
		require.Equal(t, 0, codeOf(c.ask(stun.MethodRefresh)))
	}
}
