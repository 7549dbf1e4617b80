package bubble

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

// TestFinBehindAHeader ends the relay's stream (FIN) right after a frame's header, before the
// first byte of its payload. coder/websocket v1.8.15 takes that for the end of the message:
// io.ReadFull returns io.EOF if it has read nothing, and msgReader.Read returns every io.EOF
// as the end of a complete message. The SDK once took the empty message for a protocol error
// of the relay, and gave up for good.
func TestFinBehindAHeader(t *testing.T) {
	v := in(t, "go test -v -run TestFinBehindAHeader ./e2e/prove/bubble", rules(), func(w *world) {
		w.behindHeader = true
		script(w, point{}, false)
	})
	require.True(t, v.ok(), "a FIN between a frame's header and its payload ended the session for good:\n%v", v)
	require.Greater(t, v.report.Kinds[history.Back], 0, "the cut has happened")
	require.Equal(t, sends, v.report.Kinds[history.Delivered])
}
