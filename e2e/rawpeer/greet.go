package rawpeer

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/protocol"
)

// A Hello is what a peer needs of HELLO.
type Hello struct {
	ID         string
	Resume     string
	ServerInfo json.RawMessage

	ServerOrder []uint64
}

// Greet connects a peer. It returns the HELLO, or the code of the close.
func Greet(t testing.TB, address, path string, headers ...string) (p *Peer, h Hello, code protocol.Code) {
	t.Helper()
	p = TCP(t, address)
	p.Write(Handshake(path, headers...))
	require.Equal(t, http.StatusSwitchingProtocols, p.Answer().StatusCode)
	opcode, payload := p.Next()
	if opcode == OpClose {
		return p, h, protocol.Code(binary.BigEndian.Uint16(payload))
	}
	var d Delivery
	require.NoError(t, json.Unmarshal(payload, &d))
	require.Equal(t, "HELLO", d.Type)
	require.NoError(t, json.Unmarshal(d.Message, &h))
	p.ID = h.ID
	return p, h, 0
}

// Again is the header of a v1 peer that comes back with its attempt of this number.
func Again(attempt int, token string) string {
	return fmt.Sprintf("%s, %s%d.%s", V1, protocol.ResumePrefix, attempt, token)
}

// IsThere requires that the peer is still connected. What the relay has sent before is passed over, and
// its pings are answered.
func (p *Peer) IsThere() {
	p.T.Helper()
	require.NoError(p.T, p.Conn.SetDeadline(time.Now().Add(patience.Max)))
	p.Write(Frame(true, OpPing, "alive?"))
	for {
		switch opcode, payload := p.Next(); {
		case opcode == OpPing:
			p.Write(Frame(true, OpPong, string(payload)))
		case opcode == OpPong && string(payload) == "alive?":
			return
		default:
			require.NotEqualValues(p.T, OpClose, opcode, "%q", payload)
		}
	}
}
