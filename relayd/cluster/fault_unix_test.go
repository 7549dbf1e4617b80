package cluster_test

import (
	"syscall"
	"testing"
	"time"
)

func TestHomeIsKilled(t *testing.T) {
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
	for _, frozen := range []time.Duration{3 * time.Second, 8 * time.Second} {
		t.Run(frozen.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 3)
			a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
			server := w.session("/server", a, b, c)
			client := w.session("/client/"+server.id, b, c)
			meet(server, client)
			a.signal(t, syscall.SIGSTOP)
			time.AfterFunc(frozen, func() { _ = a.Process.Signal(syscall.SIGCONT) })
			meet(server, client)
			time.Sleep(frozen) // until a runs again
			meet(server, client)
		})
	}
}

// TestServerMoves: a server whose connection was lost comes to another node while its home lives.
func TestServerMoves(t *testing.T) {
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
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	server := w.session("/server", a)
	client := w.session("/client/"+server.id, b, a)
	meet(server, client)
	b.signal(t, syscall.SIGTERM)
	<-b.ended
	meet(server, client)
}
