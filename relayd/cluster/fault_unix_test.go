package cluster_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

func TestHomeIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	server := w.session("/server", a, b, c)
	client := w.session("/client/"+server.id, b, c)
	other := w.session("/client/"+server.id, a, c)
	meet(server, client)
	a.kill(t)
	meet(server, client)
	meet(server, other)
}

func TestForwardingNodeIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	server := w.session("/server", a)
	client := w.session("/client/"+server.id, b, c)
	meet(server, client)
	b.kill(t)
	meet(server, client)
}

// TestHomeIsFrozen: for less and for more than the time after which others take over.
func TestHomeIsFrozen(t *testing.T) {
	t.Parallel()
	for _, frozen := range []time.Duration{3 * time.Second, 8 * time.Second} {
		t.Run(frozen.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 3)
			a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
			server := w.session("/server", a, b, c)
			client := w.session("/client/"+server.id, b, c)
			meet(server, client)
			a.signal(t, syscall.SIGSTOP)
			thawed := make(chan error, 1)
			time.AfterFunc(frozen, func() { thawed <- a.Process.Signal(syscall.SIGCONT) })
			meet(server, client)
			require.NoError(t, <-thawed)
			meet(server, client)
		})
	}
}

// TestHomeHangs: a peer that sends nothing itself and is forwarded to a home that hangs loses its
// connection in the end, and may come again.
func TestHomeHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	server := a.base(t, "/server")
	client := b.base(t, "/client/"+server.id)
	a.signal(t, syscall.SIGSTOP)
	var err error
	for err == nil { // what came before
		_, _, _, err = client.read()
	}
	require.NoError(t, client.ctx.Err(), "nothing has ended the connection")
}

// TestServerMoves: a server whose connection was lost comes to another node while its home lives.
func TestServerMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	server := w.session("/server", a, b, c)
	client := w.session("/client/"+server.id, c)
	meet(server, client)
	for range 3 {
		_ = server.conn.CloseNow()
		meet(server, client)
	}
}

func TestDrainOfTheHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	server := w.session("/server", a, b, c)
	client := w.session("/client/"+server.id, b, c)
	local := w.session("/client/"+server.id, a, c)
	meet(server, client)
	a.signal(t, syscall.SIGTERM)
	<-a.ended
	meet(server, client)
	meet(server, local)
}

func TestDrainOfTheForwardingNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	server := w.session("/server", a)
	client := w.session("/client/"+server.id, b, a)
	meet(server, client)
	b.signal(t, syscall.SIGTERM)
	<-b.ended
	meet(server, client)
}

// TestCrowdLosesItsHome: all clients of a room come back, and none hears a final code.
func TestCrowdLosesItsHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	server := w.session("/server", a, b, c)
	crowd := make([]*session, 150) // more than are sent away at once
	for i := range crowd {
		crowd[i] = w.session("/client/"+server.id, []*node{a, b, c}[i%3], b, c)
	}
	a.kill(t)
	meet(server, crowd[0])
	w.nodes[1].signal(t, syscall.SIGTERM)
	for _, client := range crowd {
		require.Eventually(t, func() bool { client.wantsNoFinal(); return client.times() > 1 }, patience, 10*time.Millisecond)
	}
	<-b.ended
	for _, client := range crowd {
		meet(server, client)
	}
}

// TestShutdownWithAHomeThatHangs: a node does not wait for the home of a peer that it forwards.
func TestShutdownWithAHomeThatHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	a, b := w.nodes[0], w.inside("b", relay.Config{})
	server := a.v1(t, "/server")
	client := b.v1(t, "/client/"+server.id)
	server.awaits(protocol.TypePeerJoined)
	a.signal(t, syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(context.Background(), protocol.CloseWithin*time.Second)
	defer cancel()
	require.NoError(t, b.relay.Shutdown(ctx))
	client.closed()
}
