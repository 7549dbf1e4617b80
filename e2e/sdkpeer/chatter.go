package sdkpeer

import (
	"context"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/sdk"
)

// A Chatter is a native peer that speaks the page's protocol (web/CHAT.md).
type Chatter struct {
	T    testing.TB
	Ctx  context.Context
	Conn *sdk.Conn
}

// NewChatter speaks over a connection until the test ends or its patience does.
func NewChatter(t testing.TB, conn *sdk.Conn) *Chatter {
	return &Chatter{T: t, Ctx: patience.Context(t), Conn: conn}
}

// Say sends a message.
func (c *Chatter) Say(typ string, data any) {
	c.T.Helper()
	b, err := json.Marshal(data)
	require.NoError(c.T, err)
	MustSend(c.T, c.Conn, sdk.Message{Type: typ, Data: b})
}

var drawnID = regexp.MustCompile(`"id":"[0-9a-f]{24}",`)

// Expect requires that this is the next message that is no ping and no mark. IDs are drawn, and so not
// compared.
func (c *Chatter) Expect(typ, data string) {
	c.T.Helper()
	for {
		m, err := c.Conn.Receive(c.Ctx)
		require.NoError(c.T, err)
		if m.Type == "ping" || m.Type == "mark" {
			continue
		}
		require.Equal(c.T, typ, m.Type)
		require.JSONEq(c.T, data, string(drawnID.ReplaceAll(m.Data, nil)))
		return
	}
}

// Await returns the data of the next message of a type, and drops those before it.
func (c *Chatter) Await(typ string) json.RawMessage {
	c.T.Helper()
	for {
		m, err := c.Conn.Receive(c.Ctx)
		require.NoError(c.T, err)
		if m.Type == typ {
			return m.Data
		}
	}
}
