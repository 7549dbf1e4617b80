package e2e_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNodeAsAPeer: a server peer in Node with the third-party package
// `ws`, and its client in Go.
func TestNodeAsAPeer(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	node := exec.CommandContext(within(t), "node", "testdata/peer.mjs", relay.WS+"/server")
	stdout, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start(), "node is needed: make setup")

	id := make([]byte, 36)
	_, err = stdout.Read(id)
	require.NoError(t, err)
	client := relay.raw("/client/" + string(id))
	client.text(`{"to":%q,"type":"question","message":{"n":[1,2.50,"ü"]}}`, id)
	client.wants(string(id), "answer", `{"joined":"`+client.id+`","got":{"n":[1,2.5,"ü"]}}`)

	// Node leaves, and its client is told.
	client.text(`{"to":%q,"type":"bye","message":null}`, id)
	client.wants("0", "PEER_GONE", `{"id":"`+string(id)+`"}`)
	client.wantsClose(4501)
	require.NoError(t, node.Wait())
}
