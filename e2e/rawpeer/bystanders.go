package rawpeer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// Bystanders are a server and a client in a room of their own, who must notice nothing.
type Bystanders struct{ server, client *Peer }

// Meet makes two bystanders.
func Meet(t testing.TB, address string) Bystanders {
	t.Helper()
	server := Join(t, address, "/server")
	client := Join(t, address, "/client/"+server.ID)
	server.ExpectJoined(client)
	return Bystanders{server, client}
}

// Talk sends a message each way, and expects that nothing else came before.
func (b Bystanders) Talk() {
	b.server.T.Helper()
	for _, p := range []*Peer{b.server, b.client} {
		require.NoError(p.T, p.Conn.SetDeadline(time.Now().Add(patience.Max)))
	}
	b.client.Text(`{"to":%q,"type":"say","message":1}`, b.server.ID)
	b.server.Expect(b.client.ID, "say", "1")
	b.server.Text(`{"to":%q,"type":"say","message":2}`, b.client.ID)
	b.client.Expect(b.server.ID, "say", "2")
}
