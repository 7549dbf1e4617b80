package relay_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestUnfinishedMessagesAreBoundedTogether: peers that stop within a message use no more than
// IncomingBytes together. Those that stopped first are closed and may try again. Messages of
// others still pass.
func TestUnfinishedMessagesAreBoundedTogether(t *testing.T) {
	const peers, total = 250, 2 << 20
	for name, begun := range map[string]string{
		"in one frame": masked(text, strings.Repeat(" ", protocol.MaxMessage))[:65_000],
		"in fragments": masked(moreText, strings.Repeat(" ", 32_000)) + masked(more, strings.Repeat(" ", 33_000)),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, relay.Config{IncomingBytes: total, MessageWithin: time.Hour, PingAfter: time.Hour})
			flows := w.flow()
			var stopped []*wire
			for range peers {
				stopped = append(stopped, w.wire("/server"))
			}
			before := heap()
			for i, p := range stopped {
				_, err := io.WriteString(p.conn, begun)
				require.NoError(t, err)
				if i%25 == 0 {
					flows()
				}
				require.LessOrEqual(t, w.Stats().Incoming, int64(total))
			}
			w.eventually("all have come", func(s relay.Stats) bool {
				return s.Closed[protocol.CodeOverloaded] >= peers-total/65_000 && s.Incoming > total/2
			})
			require.Less(t, heap()-before, int64(total+peers*(8<<10)))
			require.Contains(t, stopped[0].wantsClose(t, protocol.CodeOverloaded), "try again later (")
			flows()

			for _, p := range stopped { // nothing is kept for those that leave
				_ = p.conn.Close()
			}
			w.eventually("they are gone", func(s relay.Stats) bool { return s.Incoming == 0 && s.Sessions == 2 })
		})
	}
}

// TestHeldMessagesAreBoundedTogether: what waits for servers that read nothing counts as well.
func TestHeldMessagesAreBoundedTogether(t *testing.T) {
	const clients, total = 200, 4 << 20
	w := newWorld(t, relay.Config{IncomingBytes: total, HoldWithin: time.Hour, WriteWithin: time.Hour, PingAfter: time.Hour})
	server := w.slowServer()
	flows := w.flow()
	var held []*wire
	for range clients {
		held = append(held, w.wire("/client/"+server.id))
	}
	before := heap()
	call := masked(text, fmt.Sprintf(`{"to":%q,"type":"flood","message":%s}`, server.id, big))
	for _, p := range held {
		_, err := io.WriteString(p.conn, call)
		require.NoError(t, err)
		flows()
		require.LessOrEqual(t, w.Stats().Incoming, int64(total))
	}
	w.eventually("all have come", func(s relay.Stats) bool {
		return s.Closed[protocol.CodeOverloaded] >= clients/2 && s.Incoming > total/2
	})
	require.Less(t, heap()-before, int64(total+(1<<20)+clients*(8<<10)))
	require.Empty(t, w.Stats().Dropped[relay.DropServerSlow])
	require.NoError(t, server.CloseNow())
	w.eventually("nothing is held any more", func(s relay.Stats) bool { return s.Incoming == 0 })
}

// flow makes a room and returns how a long message goes through it.
func (w *world) flow() func() {
	server := w.wire("/server")
	client := w.wire("/client/" + server.id)
	server.skip() // PEER_JOINED
	call, received := encoded(server.id, client.id, big)
	got := make([]byte, received)
	return func() {
		w.t.Helper()
		require.NoError(w.t, server.conn.SetReadDeadline(time.Now().Add(patience)))
		_, err := client.conn.Write(call)
		require.NoError(w.t, err)
		_, err = io.ReadFull(server.read, got)
		require.NoError(w.t, err)
	}
}
