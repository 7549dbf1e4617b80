package clusterproof

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/protocol"
)

// A hello is what a peer needs of HELLO.
type hello struct {
	ID         string
	Resume     string
	ServerInfo json.RawMessage

	ServerOrder []uint64
}

// greet connects a raw peer to a node. It returns the HELLO, or the code of the close.
func greet(t testing.TB, n *node, path string, headers ...string) (p *rawpeer.Peer, h hello, code protocol.Code) {
	t.Helper()
	p = rawpeer.TCP(t, n.Addr)
	require.NoError(t, p.Conn.SetDeadline(time.Now().Add(form.Patience())))
	p.Write(rawpeer.Handshake(path, headers...))
	require.Equal(t, http.StatusSwitchingProtocols, p.Answer().StatusCode)
	opcode, payload := p.Next()
	if opcode == rawpeer.OpClose {
		return p, h, protocol.Code(binary.BigEndian.Uint16(payload))
	}
	var d rawpeer.Delivery
	require.NoError(t, json.Unmarshal(payload, &d))
	require.Equal(t, "HELLO", d.Type)
	require.NoError(t, json.Unmarshal(d.Message, &h))
	p.ID = h.ID
	return p, h, 0
}

// join is greet for a peer that must be let in, and comes again after a code that may be retried.
func join(t testing.TB, n *node, path string, headers ...string) (*rawpeer.Peer, hello) {
	t.Helper()
	for end := time.Now().Add(form.Patience()); ; form.Pause(t.Context(), 100*time.Millisecond) {
		p, h, code := greet(t, n, path, headers...)
		if code == 0 {
			return p, h
		}
		require.True(t, code.Retry() && time.Now().Before(end), "%s is not let in at %s: %d", path, n.name, code)
	}
}

// closeCode reads up to the close frame.
func closeCode(p *rawpeer.Peer) protocol.Code {
	p.T.Helper()
	for {
		if opcode, payload := p.Next(); opcode == rawpeer.OpClose {
			require.GreaterOrEqual(p.T, len(payload), 2)
			return protocol.Code(binary.BigEndian.Uint16(payload))
		}
	}
}

// refuse requires that a peer is told this code. A node that is late may say before that it cannot
// know, and the peer comes again.
func refuse(t testing.TB, n *node, code protocol.Code, path string, headers ...string) {
	t.Helper()
	for end := time.Now().Add(form.Patience()); ; form.Pause(t.Context(), 100*time.Millisecond) {
		_, _, got := greet(t, n, path, headers...)
		if got == code {
			return
		}
		require.True(t, got.Retry() && time.Now().Before(end), "%s at %s gets %d instead of %d", path, n.name, got, code)
	}
}

// keepAway requires that a peer is not let in and may come again, each time of these.
func keepAway(t testing.TB, n *node, times int, path string, headers ...string) {
	t.Helper()
	for range times {
		_, _, code := greet(t, n, path, headers...)
		require.True(t, code.Retry(), "%s at %s gets %d", path, n.name, code)
		form.Pause(t.Context(), 100*time.Millisecond)
	}
}

// again is the header of a v1 peer that comes back with its attempt of this number.
func again(attempt int, token string) string {
	return fmt.Sprintf("%s, %s%d.%s", rawpeer.V1, protocol.ResumePrefix, attempt, token)
}

// wantPong requires that the peer is still connected. What the relay has sent before is passed over.
func wantPong(p *rawpeer.Peer) {
	p.T.Helper()
	require.NoError(p.T, p.Conn.SetDeadline(time.Now().Add(form.Patience())))
	p.Write(rawpeer.Frame(true, rawpeer.OpPing, "alive?"))
	for {
		opcode, payload := p.Next()
		require.NotEqualValues(p.T, rawpeer.OpClose, opcode, "%q", payload)
		if opcode == rawpeer.OpPong && string(payload) == "alive?" {
			return
		}
	}
}
