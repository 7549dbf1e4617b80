package clusterproof

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
)

// A second process starts under a node's name, at another address. If the first answers, the second
// does not start. Otherwise the first ends as soon as it finds the second alive (N4).
const (
	secondProcess      = "second process"
	secondWhileStopped = "second process while the node is stopped"
	secondWhileCutOff  = "second process while the node is cut off"
)

// open returns where a peer that comes to an address is let in.
func (w *world) open(address string) string {
	if second, ok := w.moved.Load(address); ok {
		return second.(string)
	}
	return address
}

// again starts a second process under the node's name.
func (n *node) again() (*node, error) {
	number, err := strconv.Atoi(n.host[strings.LastIndex(n.host, ".")+1:])
	require.NoError(n.world.t, err)
	second := n.spare
	if second == nil {
		second = n.world.place(n.name, 10+number)
		n.spare = second
	}
	return second, second.begin()
}

// double hides the node, starts a second process under its name, and shows the node again. One of the two
// ends. In the end the first process runs.
func (n *node) double(hide, pause, show func()) {
	t := n.world.t
	t.Helper()
	hide()
	second, err := n.again()
	if err != nil {
		show()
		require.ErrorContains(t, err, fmt.Sprintf("another process runs as the node %s", n.name))
		return
	}
	n.world.moved.Store(n.Addr, second.Addr)
	pause()
	show()
	select {
	case <-n.Exited():
		require.Empty(t, n.Fatal())
		n.world.moved.Delete(n.Addr)
		require.NoError(t, second.Drain())
		require.NoError(t, n.Start())
	case <-second.Exited(): // the fault before has restored etcd: the first takes the second for an older one
		require.Empty(t, second.Fatal())
		n.world.moved.Delete(n.Addr)
	case <-time.After(form.Patience()):
		require.Fail(t, "two processes run as "+n.name)
	}
}
