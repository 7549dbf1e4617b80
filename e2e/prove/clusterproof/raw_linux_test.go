package clusterproof

import (
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
