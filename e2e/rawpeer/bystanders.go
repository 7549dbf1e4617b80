package rawpeer

import (
	"sync"
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

// TalkOn has the bystanders talk once a second until end is called, which talks a last time. Otherwise
// the relay would close them in half a minute, because they would answer no ping.
func (b Bystanders) TalkOn() (end func()) {
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for again := time.NewTicker(time.Second); ; {
			select {
			case <-again.C:
				b.Talk()
			case <-ended:
				again.Stop()
				return
			}
		}
	}()
	stop := sync.OnceFunc(func() {
		close(ended)
		<-stopped
	})
	b.server.T.Cleanup(stop)
	return func() {
		stop()
		b.Talk()
	}
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
