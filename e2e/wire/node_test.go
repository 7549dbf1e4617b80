package wire_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestNodeAsAPeer: a server peer in Node with the third-party package
// `ws`, and its client in Go.
func TestNodeAsAPeer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	node := exec.CommandContext(patience.Context(t), "node", "testdata/peer.mjs", relay.WS+"/server")
	stdout, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start(), "node is needed: make setup")

	id := make([]byte, 36)
	_, err = stdout.Read(id)
	require.NoError(t, err)
	client := rawpeer.Join(t, relay.Addr, "/client/"+string(id))
	client.Text(`{"to":%q,"type":"question","message":{"n":[1,2.50,"ü"]}}`, id)
	client.Expect(string(id), "answer", `{"joined":"`+client.ID+`","got":{"n":[1,2.5,"ü"]}}`)

	// Node leaves, and its client is told.
	client.Text(`{"to":%q,"type":"bye","message":null}`, id)
	client.Expect("0", "PEER_GONE", `{"id":"`+string(id)+`"}`)
	client.ExpectClose(4501)
	require.NoError(t, node.Wait())
}
