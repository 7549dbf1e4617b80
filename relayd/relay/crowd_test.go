package relay_test

import (
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestManySlowReaders: clients that hardly read cost no more than WaitingBytes together.
// Each is closed and can read the reason. A fast client is served all the time (B16).
func TestManySlowReaders(t *testing.T) {
	const readers, total = 125, 4 << 20
	w := newWorld(t, relay.Config{WaitingBytes: total, WriteWithin: time.Hour, CloseWithin: time.Hour, PingAfter: time.Hour})
	server := w.server()
	server.readsOn()
	quick := w.client(server)
	var slow []*wire
	for range readers {
		slow = append(slow, w.wireWithin("/client/"+server.id, 128))
	}
	before := heap()
	for round := 0; w.Stats().Closed[protocol.CodeTooSlow] < readers; round++ {
		require.Less(t, round, 20, "some are not cut")
		for i, p := range slow {
			server.send(&peer{id: p.id}, "flood", big)
			// Beyond the bound for all, each has room for one message.
			require.LessOrEqual(t, w.Stats().Waiting, int64(total+readers*protocol.MaxDelivery))
			if i%25 == 0 {
				server.send(quick, "still", "1")
				quick.wants(server.id, "still", "1")
			}
		}
		require.Less(t, heap()-before, int64(total+readers*protocol.MaxDelivery+readers*(8<<10)))
	}
	require.EqualValues(t, readers, w.Stats().Closed[protocol.CodeTooSlow])
	for _, p := range slow {
		require.Contains(t, p.wantsClose(t, protocol.CodeTooSlow), "read faster")
	}
	w.eventually("nothing waits any more", func(s relay.Stats) bool { return s.Waiting == 0 && s.Sessions == 2 })
	require.Equal(t, map[protocol.Code]uint64{protocol.CodeTooSlow: readers}, w.Stats().Closed)
}
