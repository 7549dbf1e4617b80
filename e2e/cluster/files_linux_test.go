package cluster_test

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// leave lets a relay open so many files more than it has open now, and returns what ends that.
func leave(t *testing.T, r *relayproc.Relay, more int) (end func()) {
	t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.PID()))
	require.NoError(t, err)
	var before unix.Rlimit
	require.NoError(t, unix.Prlimit(r.PID(), unix.RLIMIT_NOFILE, nil, &before))
	require.NoError(t, unix.Prlimit(r.PID(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(len(open) + more), Max: before.Max}, nil))
	return func() { require.NoError(t, unix.Prlimit(r.PID(), unix.RLIMIT_NOFILE, &before, nil)) }
}

// TestAHomeWithoutFiles: strangers take all files that a home may open. Its rooms go on and stay there, who comes
// through another node may come again, and gets in when files are free.
func TestAHomeWithoutFiles(t *testing.T) {
	f, desks, etcd := operated(t, 2)
	etcd.Delete("intercessor/young") // it is not new
	home, edge := f.relays[0], f.relays[1]
	options := &sdk.Options{Paths: sdk.PathsRelay}
	listener, err := sdk.Listen(patience.Context(t), home.WS+"/server", options)
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	room := "/client/" + string(listener.ID())
	client, err := sdk.Dial(patience.Context(t), edge.WS+room, options)
	require.NoError(t, err)
	defer func() { _ = client.Close() }()
	server, err := listener.Accept(patience.Context(t))
	require.NoError(t, err)
	returning, hello, code := rawpeer.Greet(t, edge.Addr, room, rawpeer.V1)
	require.Zero(t, code)

	end := leave(t, home, 10)
	var strangers []net.Conn
	for range 50 {
		conn, err := net.Dial("tcp", home.Addr)
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		strangers = append(strangers, conn)
	}
	require.NoError(t, returning.Conn.Close())
	back := make(chan rawpeer.Hello, 1)
	go func() { // it is held in its handshake, or waits at the edge
		_, h, _ := rawpeer.Greet(t, edge.Addr, room, rawpeer.Again(2, hello.Resume))
		back <- h
	}()
	for begin := time.Now(); time.Since(begin) < 12*time.Second; { // longer than the time after which rooms may move again
		_, _, code := rawpeer.Greet(t, edge.Addr, room, rawpeer.V1)
		if code != 0 { // strangers are sent away after some seconds
			require.Equal(t, protocol.CodeServerAway, code)
		}
		exchange(t, server, client)
	}
	home.WaitLog("cannot accept a connection from another node.*too many open files")
	require.Zero(t, desks[1].metric("relayd_cluster_takeovers_total"))
	for _, conn := range strangers {
		_ = conn.Close()
	}
	end()
	for _, at := range []*relayproc.Relay{home, edge} {
		require.Eventually(t, func() bool {
			_, _, code := rawpeer.Greet(t, at.Addr, room, rawpeer.V1)
			return code == 0
		}, patience.Max, 100*time.Millisecond)
	}
	require.NotEmpty(t, (<-back).ID)
	exchange(t, server, client)
	require.Zero(t, desks[1].metric("relayd_cluster_takeovers_total"))
}

// TestAnEdgeWithoutFiles cannot reach the home of a room. It takes the room from no home that is alive.
func TestAnEdgeWithoutFiles(t *testing.T) {
	f, desks, etcd := operated(t, 2)
	etcd.Delete("intercessor/young") // it is not new
	home, edge := f.relays[0], f.relays[1]
	server, hello, code := rawpeer.Greet(t, home.Addr, "/server", rawpeer.V1)
	require.Zero(t, code)
	end := leave(t, edge, 1)
	for attempt := range 3 { // one file is for the peer, and none for the way to its home
		_, _, code = rawpeer.Greet(t, edge.Addr, "/server", rawpeer.Again(2+attempt, hello.Resume))
		require.Equal(t, protocol.CodeOverloaded, code)
		_, _, code = rawpeer.Greet(t, edge.Addr, "/client/"+server.ID, rawpeer.V1)
		require.Equal(t, protocol.CodeServerAway, code)
		server.IsThere()
	}
	require.Zero(t, desks[1].metric("relayd_cluster_takeovers_total"))
	end()
	require.Eventually(t, func() bool {
		_, _, code := rawpeer.Greet(t, edge.Addr, "/client/"+server.ID, rawpeer.V1)
		return code == 0
	}, patience.Max, 100*time.Millisecond)
}
