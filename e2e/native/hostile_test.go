package native_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// openLink opens a link to a server, and returns its ID.
func openLink(p *rawpeer.Peer, server, nonce string) (id string) {
	p.T.Helper()
	p.Text(`{"to":%q,"type":"LINK_OPEN","message":null,"link":{"nonce":%q,"g":65536,"g0":65536}}`, server, nonce)
	for id == "" {
		d := p.Delivery()
		if d.Type == "LINK_OPENED" {
			var header struct{ ID string }
			require.NoError(p.T, json.Unmarshal(d.Link, &header))
			id = header.ID
		}
	}
	p.Text(`{"to":%q,"type":"LINK_ACK","message":null,"link":{"id":%q,"ask":1}}`, server, id)
	return id
}

// Four clients announce as much as the server's budget holds, and send 100 bytes of
// it. The fifth client's messages are handed out all the same.
func TestAnnouncedMessagesLockNobodyOut(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	for i := range 4 {
		p := rawpeer.Join(t, relay.Addr, "/client/"+ln.ID(), rawpeer.V1)
		id := openLink(p, ln.ID(), fmt.Sprintf("%016x", i+1))
		sdkpeer.Accept(t, ln)
		p.Text(`{"to":%q,"type":"chat","message":"%s","link":{"id":%q,"n":1,"of":16777216}}`, ln.ID(), `\"`+strings.Repeat("x", 98), id)
		for counted := false; !counted; {
			d := p.Delivery()
			counted = d.Type == "LINK_ACK" && strings.Contains(string(d.Link), `"r":1`)
		}
	}
	client := sdkpeer.Dial(t, ln.ClientURL())
	server := sdkpeer.Accept(t, ln)
	large := `"` + strings.Repeat("y", 200<<10) + `"`
	sdkpeer.MustSend(t, client, sdk.Message{Type: "chat", Data: []byte(`"one frame"`)})
	sdkpeer.MustSend(t, client, sdk.Message{Type: "chat", Data: []byte(large)})
	for _, want := range []string{`"one frame"`, large} {
		m, err := server.Receive(patience.Context(t))
		require.NoError(t, err)
		require.True(t, string(m.Data) == want)
	}
}
