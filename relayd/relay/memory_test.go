package relay_test

import (
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestIdlePeerOwnsNoBuffer: after sending, an idle peer costs no more memory than before, also
// across garbage collections.
func TestIdlePeerOwnsNoBuffer(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.wire("/server")
	const n = 100
	var clients []*wire
	for range n {
		clients = append(clients, w.wire("/client/"+server.id))
		server.skip() // PEER_JOINED
	}
	call, received := encoded(server.id, clients[0].id, strings.Repeat("x", 200))
	got := make([]byte, received)
	before := heap()
	for _, client := range clients {
		_, err := client.conn.Write(call)
		require.NoError(t, err)
		_, err = io.ReadFull(server.read, got)
		require.NoError(t, err)
		runtime.GC() // empties the pools, so that each peer borrows anew
		runtime.GC()
	}
	require.Less(t, (heap()-before)/n, int64(4<<10))
}

func heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestClockOfAMessageEndsWithIt: a stream whose every piece ends in the middle
// of a message is right, as long as each message ends in time.
func TestClockOfAMessageEndsWithIt(t *testing.T) {
	w := newWorld(t, relay.Config{MessageWithin: time.Second})
	server := w.wire("/server")
	client := w.wire("/client/" + server.id)
	server.skip() // PEER_JOINED
	call, received := encoded(server.id, client.id, strings.Repeat("x", 200))
	half := len(call) / 2
	_, err := client.conn.Write(call[:half])
	require.NoError(t, err)
	got := make([]byte, received)
	for begin := time.Now(); time.Since(begin) < 2500*time.Millisecond; {
		_, err := client.conn.Write(append(call[half:len(call):len(call)], call[:half]...))
		require.NoError(t, err)
		_, err = io.ReadFull(server.read, got)
		require.NoError(t, err)
	}
	require.Empty(t, w.Stats().Closed)
}
