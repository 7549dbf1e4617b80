package relay_test

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// floodFor is how long a flood lasts.
func floodFor() (flood, messageWithin time.Duration) {
	if os.Getenv("INTERCESSOR_PROVE") == "full" {
		return 30 * time.Second, protocol.MessageWithin * time.Second
	}
	return 3 * time.Second, time.Second
}

// TestFloodOfFragments: fragments without end end the connection, by their time or by
// their bytes, and memory stays as it was (B21, B22).
func TestFloodOfFragments(t *testing.T) {
	flood, within := floodFor()
	for _, c := range []struct {
		name, fragment string
		within         time.Duration
		want           protocol.Code
	}{
		{"empty", "", within, protocol.CodeMessageTimeout},
		{"of one byte", "x", time.Hour, protocol.CodeTooBig}, // 64 KiB of them come before that
	} {
		t.Run(c.name, func(t *testing.T) {
			within := c.within
			w := newWorld(t, relay.Config{MessageWithin: within, Settings: relay.Settings{Limits: unpaced}})
			frames := strings.Repeat(masked(more, c.fragment), 500)
			before := heap()
			most, times := int64(0), uint64(0)
			for end := time.Now().Add(flood); time.Now().Before(end) || times == 0; times++ {
				p := w.wire("/server")
				_, err := io.WriteString(p.conn, masked(moreText, ""))
				begun := time.Now()
				for n := 1; err == nil; n++ {
					require.NoError(t, p.conn.SetWriteDeadline(begun.Add(2*within+patience)))
					if _, err = io.WriteString(p.conn, frames); n%2000 == 0 {
						most = max(most, heap()-before)
					}
					if w.Stats().Closed[c.want] > times {
						break
					}
					require.Less(t, time.Since(begun), 2*within+patience, "the message does not end")
				}
				p.wantsClose(t, c.want)
			}
			require.Less(t, most, int64(1<<20), "bytes that the flood has taken")
			require.Equal(t, map[protocol.Code]uint64{c.want: times}, w.Stats().Closed)
			t.Logf("%d connections, at most %d bytes more", times, most)
		})
	}
}

// TestFloodOfPingsWithoutReading: fifty thousand of the longest pings, and not one pong
// taken (B24).
func TestFloodOfPingsWithoutReading(t *testing.T) {
	w := newWorld(t, relay.Config{})
	p := w.wire("/server")
	before := heap()
	pings := strings.Repeat(masked(pingFrame, strings.Repeat("x", 125)), 100)
	for range 500 {
		if _, err := io.WriteString(p.conn, pings); err != nil {
			break // cut
		}
		require.LessOrEqual(t, w.Stats().Waiting, int64(256<<10)+protocol.MaxDelivery)
	}
	require.Less(t, heap()-before, int64(512<<10))
	w.eventually("it is closed", func(s relay.Stats) bool { return s.Closed[protocol.CodeFlood] == 1 })
	require.Contains(t, p.wantsClose(t, protocol.CodeFlood), "control frames")
}

// TestPongsThatNobodyReadsWaitWithinBounds: a peer whose outbox is full gets no more pongs
// (B16). TestPeerThatTakesNothingIsCutInTheEnd shows that it is cut.
func TestPongsThatNobodyReadsWaitWithinBounds(t *testing.T) {
	const frames, pings = 10, protocol.MaxControlRate - 10
	w := newWorld(t, relay.Config{OutboxFrames: frames, WriteWithin: time.Hour, CloseWithin: 50 * time.Millisecond})
	server := w.server()
	slow := w.wireWithin("/client/"+server.id, smallBuffer)
	server.wantsJoined(&peer{id: slow.id})
	quick := w.client(server)
	for w.Stats().Waiting == 0 { // until the kernel takes no more
		server.send(&peer{id: slow.id}, "flood", big)
		server.send(quick, "seen", "1")
		quick.wants(server.id, "seen", "1")
	}
	before := w.Stats().Waiting
	_, err := io.WriteString(slow.conn, strings.Repeat(masked(pingFrame, strings.Repeat("x", 125)), pings)+
		masked(text, `{"to":"nobody","type":"x","message":1}`))
	require.NoError(t, err)
	w.eventually("the relay has seen all of it", func(s relay.Stats) bool { return s.Dropped[relay.DropAbsent] == 1 })
	require.LessOrEqual(t, w.Stats().Waiting-before, int64(frames*127))
}
