package clusterproof

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/protocol"
)

// greet connects a raw peer to a node. It returns the HELLO, or the code of the close.
func greet(t testing.TB, n *node, path string, headers ...string) (*rawpeer.Peer, rawpeer.Hello, protocol.Code) {
	t.Helper()
	return rawpeer.Greet(t, n.Addr, path, headers...)
}

// join is greet for a peer that must be let in, and comes again after a code that may be retried.
func join(t testing.TB, n *node, path string, headers ...string) (*rawpeer.Peer, rawpeer.Hello) {
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
