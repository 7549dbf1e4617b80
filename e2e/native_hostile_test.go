package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// openLink opens a link to a server, and returns its ID.
func (p *rawPeer) openLink(server, nonce string) (id string) {
	p.t.Helper()
	p.text(`{"to":%q,"type":"LINK_OPEN","message":null,"link":{"nonce":%q,"g":65536,"g0":65536}}`, server, nonce)
	for id == "" {
		d := p.delivery()
		if d.Type == "LINK_OPENED" {
			var header struct{ ID string }
			require.NoError(p.t, json.Unmarshal(d.Link, &header))
			id = header.ID
		}
	}
	p.text(`{"to":%q,"type":"LINK_ACK","message":null,"link":{"id":%q,"ask":1}}`, server, id)
	return id
}

// Four clients announce as much as the server's budget holds, and send 100 bytes of
// it. The fifth client's messages are handed out all the same.
func TestAnnouncedMessagesLockNobodyOut(t *testing.T) {
	relay := startRelay(t)
	ln := listenNative(t, relay)
	for i := range 4 {
		p := relay.raw("/client/"+ln.ID(), asksForV1)
		id := p.openLink(ln.ID(), fmt.Sprintf("%016x", i+1))
		acceptNative(t, ln)
		p.text(`{"to":%q,"type":"chat","message":"%s","link":{"id":%q,"n":1,"of":16777216}}`, ln.ID(), `\"`+strings.Repeat("x", 98), id)
		for counted := false; !counted; {
			d := p.delivery()
			counted = d.Type == "LINK_ACK" && strings.Contains(string(d.Link), `"r":1`)
		}
	}
	client := dialNative(t, ln.ClientURL())
	server := acceptNative(t, ln)
	large := `"` + strings.Repeat("y", 200<<10) + `"`
	mustSend(t, client, sdk.Message{Type: "chat", Data: []byte(`"one frame"`)})
	mustSend(t, client, sdk.Message{Type: "chat", Data: []byte(large)})
	for _, want := range []string{`"one frame"`, large} {
		m, err := server.Receive(within(t))
		require.NoError(t, err)
		require.True(t, string(m.Data) == want)
	}
}
