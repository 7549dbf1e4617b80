package bubble

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
)

// TestNoChannelNoWebRTC: Conns that exchange messages only have no goroutine of pion's.
func TestNoChannelNoWebRTC(t *testing.T) {
	var stacks string
	v := in(t, "go test -run TestNoChannelNoWebRTC ./e2e/prove/bubble", rules(), func(w *world) {
		defer w.finish()
		if !w.listen(virtual.NewLine(w.relay)) {
			return
		}
		c := w.dial("client", virtual.NewLine(w.relay))
		if c == nil {
			return
		}
		_ = c.Send(context.Background(), 10)
		if s := w.other(c); s != nil {
			_ = s.Send(context.Background(), 10)
		}
		all := make([]byte, 1<<20)
		stacks = string(all[:runtime.Stack(all, true)])
	})
	require.True(t, v.ok(), "%v", v)
	require.Contains(t, stacks, "intercessor/sdk.(*mux).run", "the goroutines were looked at while the Conns lived")
	require.False(t, strings.Contains(stacks, "github.com/pion/"), "a goroutine of pion runs:\n%s", stacks)
}
