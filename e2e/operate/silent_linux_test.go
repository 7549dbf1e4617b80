package operate_test

import (
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// TestSilentConnectionsDisturbNothing: 10,000 connections with INTERCESSOR_PROVE=full, 1,000
// without, never say which protocol they speak. Beside them two peers talk through the relay, two
// through its TURN server, and new peers come in. The connections end in time, and leave nothing.
func TestSilentConnectionsDisturbNothing(t *testing.T) {
	t.Parallel()
	connections := 1_000
	if os.Getenv("INTERCESSOR_PROVE") == "full" {
		connections = 10_000
	}
	relay := relayproc.StartBinary(t, relayproc.Build(t, "relayd"), "--turn-enabled") // the race detector bears 8,128 goroutines
	bystanders := rawpeer.Meet(t, relay.Addr)
	only := &sdk.Options{RelayOnly: true}
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", only)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), only)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	near, far := sdkpeer.Channels(t, client, sdkpeer.Accept(t, ln), "beside")
	var slowest time.Duration
	talk := func() {
		began := time.Now()
		bystanders.Talk()
		require.NoError(t, near.Send(patience.Context(t), []byte("by TURN")))
		_, err := far.Receive(patience.Context(t))
		require.NoError(t, err)
		slowest = max(slowest, time.Since(began))
	}
	talk()
	files, memory := relay.OpenFiles(), relay.Resident()

	beginnings := []string{"", "\x00", "\x00\x01\x00\x00\x21\x12\xa4", "\x16\x03\x01\x02\x00", "GET / HT", "\x40\x00\x00\x04data"}
	ended := make(chan time.Duration, connections)
	var waiting sync.WaitGroup
	defer waiting.Wait()
	began := time.Now()
	for i := range connections {
		conn, err := net.DialTimeout("tcp", relay.Addr, patience.Max)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience.Max)))
		_, err = io.WriteString(conn, beginnings[i%len(beginnings)])
		require.NoError(t, err)
		begun := time.Now()
		waiting.Go(func() {
			_, _ = io.Copy(io.Discard, conn)
			ended <- time.Since(begun)
		})
		if i%100 == 0 {
			talk()
			_ = rawpeer.Join(t, relay.Addr, "/server").Conn.Close()
		}
	}
	t.Logf("%d connections after %v, %d files and %d KiB more", connections, time.Since(began), relay.OpenFiles()-files, relay.Resident()-memory)
	var longest time.Duration
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for range connections {
		for lasted := time.Duration(0); lasted == 0; {
			select {
			case lasted = <-ended:
				longest = max(longest, lasted)
			case <-again.C:
				talk()
			}
		}
	}
	t.Logf("the longest lasted %v; talking took %v at most", longest, slowest)
	require.Less(t, longest, 30*time.Second, "each has five seconds for its first request")
	require.Less(t, slowest, 5*time.Second, "peers do not wait for them")
	left := 0
	require.Eventually(t, func() bool {
		talk() // a peer that does not answer pings is closed
		left = relay.OpenFiles() - files
		return left < 10
	}, patience.Max, 100*time.Millisecond, "%d sockets are left", left)
}
