package wire_test

import (
	"testing"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

// TestFirstIntercessorsDialect: a client written for the first Intercessor's
// source names itself in `from`, which that source demanded.
func TestFirstIntercessorsDialect(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server := rawpeer.Join(t, relay.Addr, "/server")
	client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
	server.ExpectJoined(client)

	client.Text(`{"from":%q,"to":%q,"type":"OFFER","message":{"sdp":"v=0"}}`, client.ID, server.ID)
	server.Expect(client.ID, "OFFER", `{"sdp":"v=0"}`)
	server.Text(`{"from":%q,"to":%q,"type":"ANSWER","message":{"sdp":"v=0"}}`, server.ID, client.ID)
	client.Expect(server.ID, "ANSWER", `{"sdp":"v=0"}`)

	// A peer cannot send in another's name.
	client.Text(`{"from":%q,"to":%q,"type":"OFFER","message":1}`, server.ID, server.ID)
	client.ExpectClose(protocol.CodeWrongSender)
	server.ExpectGone(client)
}
