package virtual_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/sdk"
)

// world is what a test has in its bubble: a relay, the line that its programs share, and two
// peers if the test asks for a pair.
type world struct {
	t              *testing.T
	relay          *virtual.Station
	line           *virtual.Line
	options        sdk.Options
	ln             *sdk.Listener
	client, server *sdk.Conn
}

// newWorld starts a relay that ends with the test.
func newWorld(t *testing.T) *world {
	r := virtual.NewStation(relay.Config{})
	w := &world{t: t, relay: r, line: virtual.NewLine(r)}
	t.Cleanup(func() {
		r.End()
		w.line.Close()
	})
	return w
}

// inBubble runs a test with a relay.
func inBubble(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
}

// cut resets all connections.
func (w *world) cut() { w.line.Cut(virtual.Cut{By: virtual.RST}, false) }

// silence has nothing arrive any more on the connections that there are.
func (w *world) silence() { w.line.Cut(virtual.Cut{By: virtual.Silence}, false) }

// restart kills the relay and starts another, which knows only the key.
func (w *world) restart() {
	w.relay.Kill()
	w.relay.Start()
}

// pair runs a test with two peers.
func pair(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.HTTPClient = w.line.Client()
		ln, err := sdk.Listen(t.Context(), "ws://relay/server", &w.options)
		require.NoError(t, err)
		t.Cleanup(func() { _ = ln.Close() })
		w.ln = ln
		w.client = w.dial()
		w.server = w.accept()
		test(t, w)
	})
}
