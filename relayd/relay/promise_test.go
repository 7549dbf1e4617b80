package relay_test

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestMemoryGrowsWithWhatHasCome, not with the length in a header. A message in fragments uses at
// most the longest message and a quarter (B21).
func TestMemoryGrowsWithWhatHasCome(t *testing.T) {
	w := newWorld(t, relay.Config{MessageWithin: patience})
	const peers, slack = 100, 12 << 10
	var all []*wire
	for range peers {
		all = append(all, w.wire("/server"))
	}
	send := func(s string) {
		for _, p := range all {
			_, err := io.WriteString(p.conn, s)
			require.NoError(t, err)
		}
	}
	awaitPongs := func() {
		t.Helper()
		for _, p := range all {
			require.EqualValues(t, pongFrame, p.frame().first)
		}
	}
	before := heap()
	grown := func() int64 { return (heap() - before) / peers }

	half := strings.Repeat("x", protocol.MaxMessage/2)
	whole := masked(moreText, half+half)
	send(masked(pingFrame, "") + whole[:20])
	awaitPongs()
	send(whole[20:100]) // more than the little that is kept of a read

	require.Less(t, grown(), int64(slack), "a frame of 64 KiB was promised, and 100 bytes of it came")

	send(whole[100:] + masked(pingFrame, ""))
	awaitPongs()
	require.Less(t, grown(), int64(protocol.MaxMessage+slack), "64 KiB have come, and are no message yet")
	for _, p := range all {
		_, err := io.WriteString(p.conn, masked(more, "x"))
		require.NoError(t, err)
		p.wantsClose(t, protocol.CodeTooBig)
	}

	w.eventually("all are gone", func(s relay.Stats) bool { return s.Sessions == 0 })
	all = nil
	for range peers {
		all = append(all, w.wire("/server"))
	}
	frames := fragments(moreText, half+half, 64)
	send(strings.Join(frames[:len(frames)-1], "") + masked(pingFrame, ""))
	awaitPongs()
	require.Less(t, grown(), int64(protocol.MaxMessage*5/4+slack), "64 KiB have come in fragments")
}

// wantsClose reads up to the close frame, compares its code, answers and ends.
func (p *wire) wantsClose(t testing.TB, code protocol.Code) (reason string) {
	t.Helper()
	for {
		f := p.frame()
		require.NoError(t, f.err)
		if f.first != closeFrame {
			continue
		}
		require.GreaterOrEqual(t, len(f.payload), 2)
		require.Equal(t, code, protocol.Code(binary.BigEndian.Uint16(f.payload)), "%s", f.payload[2:])
		_, _ = io.WriteString(p.conn, closing(1000, ""))
		_ = p.conn.Close()
		return string(f.payload[2:])
	}
}
