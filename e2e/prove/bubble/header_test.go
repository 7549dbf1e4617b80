package bubble

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

// TestFinBehindAHeader cuts what the relay sends in an orderly way (FIN), just behind the
// header of a frame, before the first byte of its payload. coder/websocket v1.8.15 takes
// that for the end of the message: io.ReadFull gives io.EOF when it has read nothing, and
// msgReader.Read gives every io.EOF as the end of a whole message. The SDK once took the
// empty message for a relay that breaks the protocol, and gave up for good.
func TestFinBehindAHeader(t *testing.T) {
	v := in(t, "go test -v -run TestFinBehindAHeader ./e2e/prove/bubble", rules(), func(w *world) {
		w.behindHeader = true
		script(w, point{}, false)
	})
	require.True(t, v.ok(), "a FIN between a frame's header and its payload ended the session for good:\n%v", v)
	require.Greater(t, v.report.Kinds[history.Back], 0, "the cut has happened")
	require.Equal(t, sends, v.report.Kinds[history.Delivered])
}
