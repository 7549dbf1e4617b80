package e2e_test

import (
	"testing"

	"github.com/sebas642/intercessor/protocol"
)

// TestFirstIntercessorsDialect: a client written for the first Intercessor's
// source names itself in `from`, which that source demanded.
func TestFirstIntercessorsDialect(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	server := relay.raw("/server")
	client := relay.raw("/client/" + server.id)
	server.wantsJoined(client)

	client.text(`{"from":%q,"to":%q,"type":"OFFER","message":{"sdp":"v=0"}}`, client.id, server.id)
	server.wants(client.id, "OFFER", `{"sdp":"v=0"}`)
	server.text(`{"from":%q,"to":%q,"type":"ANSWER","message":{"sdp":"v=0"}}`, server.id, client.id)
	client.wants(server.id, "ANSWER", `{"sdp":"v=0"}`)

	// A peer cannot send in another's name.
	client.text(`{"from":%q,"to":%q,"type":"OFFER","message":1}`, server.id, server.id)
	client.wantsClose(protocol.CodeWrongSender)
	server.wantsGone(client)
}
