package clusterproof

import (
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// TestN2HomeThatDoesNotAnswer: a newcomer may come again.
func TestN2HomeThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	server, _ := join(t, w.nodes[0], "/server")
	w.nodes[0].freeze()
	defer w.nodes[0].Signal(syscall.SIGCONT)
	for _, at := range w.nodes[1:] {
		refuse(t, at, protocol.CodeServerAway, "/client/"+server.ID)
	}
}

// TestN2EtcdWithoutQuorum: newcomers find a room all the same, or may come again.
func TestN2EtcdWithoutQuorum(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	server, _ := join(t, w.nodes[0], "/server")
	for _, at := range w.nodes { // a node asks those that it knows, and one may have started before the home
		join(t, at, "/client/"+server.ID)
	}
	w.etcd[0].Pause()
	w.etcd[1].Pause()
	for _, at := range w.nodes {
		join(t, at, "/client/"+server.ID)
	}
	w.etcd[0].Resume()
	w.etcd[1].Resume()
}

// TestN2RoomAfterItWasNotThere: a server comes back with its ID, and peers that have asked in vain
// find it at once.
func TestN2RoomAfterItWasNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	server, h := join(t, w.nodes[0], "/server", rawpeer.V1)
	server.Write(rawpeer.CloseFrame(1000))
	server.ExpectClose(1000)
	for _, at := range w.nodes {
		refuse(t, at, protocol.CodeNoSuchServer, "/client/"+h.ID)
	}
	join(t, w.nodes[1], "/server", rawpeer.Again(2, h.Resume))
	for _, at := range w.nodes {
		join(t, at, "/client/"+h.ID)
	}
}

// TestN3NoHelloWithoutAClaim: a new server at a node that cannot reach etcd is not let in. When
// it can again, servers that it lets in are found from every node at once.
func TestN3NoHelloWithoutAClaim(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	w.nodes[0].cut("out", w.etcdNet())
	refuse(t, w.nodes[0], protocol.CodeOverloaded, "/server")
	w.nodes[0].mend()
	server, _ := join(t, w.nodes[0], "/server")
	for _, at := range w.nodes[1:] {
		join(t, at, "/client/"+server.ID)
	}
}

// TestN4EndOfARoom: once a client has heard that its server has left, every node knows it.
func TestN4EndOfARoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	for {
		server, _ := join(t, w.nodes[0], "/server")
		client, _ := join(t, w.nodes[1], "/client/"+server.ID)
		server.Write(rawpeer.CloseFrame(1000))
		code := closeCode(client)
		if code == protocol.CodeServerAway { // etcd was late
			continue
		}
		require.Equal(t, protocol.CodeServerGone, code)
		for _, at := range w.nodes {
			refuse(t, at, protocol.CodeNoSuchServer, "/client/"+server.ID)
		}
		return
	}
}

// TestN4EmptyDirectory: etcd loses all that it had while a home cannot reach it. Until the home is
// back in the directory, newcomers may come again.
func TestN4EmptyDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	a, b := w.nodes[0], w.nodes[1]
	server, _ := join(t, a, "/server")
	a.cut("in out", w.etcdNet())
	for _, member := range w.etcd {
		member.Kill()
	}
	for _, member := range w.etcd {
		member.Forget()
		member.Start()
	}
	join(t, b, "/server") // so it is in the directory again
	a.cut("in out", w.nodesNet())
	keepAway(t, b, 30, "/client/"+server.ID)
	a.mend()
	join(t, b, "/client/"+server.ID)
	server.IsThere()
}

// TestN4NodeThatStoodStill: a node that was frozen, and cannot ask the directory whether it still has
// its name, lets no peer in, also not to its own rooms.
func TestN4NodeThatStoodStill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	a, b := w.nodes[0], w.nodes[1]
	server, _ := join(t, a, "/server")
	a.freeze()
	form.Pause(t.Context(), home.Frozen+time.Second)
	a.cut("in out", w.etcdNet())
	a.Signal(syscall.SIGCONT)
	keepAway(t, a, 10, "/client/"+server.ID)
	keepAway(t, b, 3, "/client/"+server.ID)
	a.mend()
	join(t, a, "/client/"+server.ID)
	server.IsThere()
}

// TestN5ClockOfTheHomeIsAhead: the last move of the room is in the future. The server does not wait
// for that moment.
func TestN5ClockOfTheHomeIsAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.BuildClock(t), func(n *node) []string {
		if n.name == "node-1" {
			relayproc.SetClock(t, n.clock, time.Hour)
		}
		return nil
	})
	a, b := w.nodes[0], w.nodes[1]
	_, h := join(t, a, "/server", rawpeer.V1)
	a.cut("in out", w.nodesNet())
	moved, _ := join(t, b, "/server", rawpeer.Again(2, h.Resume))
	moved.IsThere()
}

// TestN5HigherOrderStays: an older connection of a server comes to a node that cannot reach the
// home. The newer one stays.
func TestN5HigherOrderStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	a, b := w.nodes[0], w.nodes[1]
	_, first := join(t, a, "/server", rawpeer.V1)
	server, _ := join(t, a, "/server", rawpeer.Again(1000, first.Resume))
	a.cut("in out", w.nodesNet())
	older, _ := join(t, b, "/server", rawpeer.Again(500, first.Resume)) // not within ten seconds of the room's last move
	older.ExpectClose(protocol.CodeReplaced)
	server.IsThere()
	a.mend()
	join(t, a, "/client/"+server.ID)
	server.IsThere()
}

// TestN6ClientWaitsForItsServer: the home of a room is killed, and its client comes back before its
// server does.
func TestN6ClientWaitsForItsServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	_, server := join(t, a, "/server", rawpeer.V1)
	_, client := join(t, b, "/client/"+server.ID, rawpeer.V1)
	a.Kill()
	waiting := make(chan *rawpeer.Peer, 1)
	go func() {
		defer close(waiting)
		p, _ := join(t, b, "/client/"+server.ID, rawpeer.Again(2, client.Resume))
		waiting <- p
	}()
	back, _ := join(t, c, "/server", rawpeer.Again(2, server.Resume))
	back.IsThere()
	p, in := <-waiting
	require.True(t, in)
	p.IsThere()
}

// TestN7Forward: what comes early arrives, a forward ends without a byte of the edge, and its end
// is passed on.
func TestN7Forward(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	a, b := w.nodes[0], w.nodes[1]
	server, _ := join(t, a, "/server")

	early := rawpeer.TCP(t, b.Addr)
	early.Write(rawpeer.Handshake("/client/"+server.ID) + rawpeer.Frame(true, rawpeer.OpText, `{"to":"`+server.ID+`","type":"chat","message":"early"}`))
	require.Equal(t, http.StatusSwitchingProtocols, early.Answer().StatusCode)
	early.ID = rawpeer.HelloID(early)
	server.ExpectJoined(early)
	server.Expect(early.ID, "chat", `"early"`)

	require.NoError(t, early.Conn.Close())
	server.ExpectGone(early)

	client, _ := join(t, b, "/client/"+server.ID)
	client.IsThere()
	a.Kill()
	client.ExpectEnd()
}

// TestN7Grant: what the access backend has granted a client at its edge holds at the home.
func TestN7Grant(t *testing.T) {
	t.Parallel()
	backend := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"allowed":true,"serverInfo":{"room":"blue"}}`))
	})
	w := newWorld(t, relayproc.Small(t), func(n *node) []string {
		var listener net.Listener
		n.space.Do(func() {
			var err error
			listener, err = net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
		})
		server := &http.Server{Handler: backend, ReadHeaderTimeout: patience.Max}
		t.Cleanup(func() { require.NoError(t, server.Close()) })
		go func() { _ = server.Serve(listener) }() // until Close
		return []string{"--access-authorize-url", "http://" + listener.Addr().String()}
	})
	server, _ := join(t, w.nodes[0], "/server", rawpeer.V1)
	for _, at := range w.nodes {
		_, h := join(t, at, "/client/"+server.ID, rawpeer.V1)
		require.JSONEq(t, `{"room":"blue"}`, string(h.ServerInfo), "at %s", at.name)
	}
}

// TestN8DrainTakesTheRoomAlong: a server of a node that drains comes to another one, which is its
// home from then on.
func TestN8DrainTakesTheRoomAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), func(*node) []string { return []string{"--drain", "1m"} })
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	server, h := join(t, a, "/server", rawpeer.V1)
	_, _ = join(t, a, "/server", rawpeer.V1) // which stays, so that the node goes on draining
	a.Signal(syscall.SIGTERM)
	server.Await("0", protocol.TypeRelayRestarting)
	require.NoError(t, server.Conn.Close())
	moved, _ := join(t, b, "/server", rawpeer.Again(2, h.Resume))
	a.Kill()
	moved.IsThere()
	join(t, c, "/client/"+h.ID)
	moved.IsThere()
}
