package virtual_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

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
		w.options.Paths = sdk.PathsRelay // virtual time stands still while a socket is read
		ln, err := sdk.Listen(t.Context(), "ws://relay/server", &w.options)
		require.NoError(t, err)
		t.Cleanup(func() { _ = ln.Close() })
		w.ln = ln
		w.client = w.dial()
		w.server = w.accept()
		test(t, w)
	})
}

func (w *world) dial() *sdk.Conn {
	w.t.Helper()
	c, err := sdk.Dial(w.t.Context(), "ws://relay/client/"+w.ln.ID(), &w.options)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (w *world) accept() *sdk.Conn {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	c, err := w.ln.Accept(ctx)
	require.NoError(w.t, err)
	require.True(w.t, c.Reliable())
	return c
}

func (w *world) send(c *sdk.Conn, data string) *sdk.Receipt {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	r, err := c.Send(ctx, sdk.Message{Type: "chat", Data: []byte(data)})
	require.NoError(w.t, err)
	return r
}

// gets receives messages, which must be these.
func (w *world) gets(c *sdk.Conn, want ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	for _, data := range want {
		m, err := c.Receive(ctx)
		require.NoError(w.t, err)
		require.Equal(w.t, data, string(m.Data))
	}
}

func (w *world) outcome(r *sdk.Receipt, want sdk.Result, reason sdk.Reason) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	o, err := r.Outcome(ctx)
	require.NoError(w.t, err)
	require.Equal(w.t, sdk.Outcome{Result: want, Reason: reason}, o)
}

// ends receives until the Conn ends, and returns why.
func (w *world) ends(c *sdk.Conn) error {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 3*time.Minute)
	defer cancel()
	for {
		if _, err := c.Receive(ctx); err != nil {
			require.NotErrorIs(w.t, err, context.DeadlineExceeded)
			require.Equal(w.t, sdk.Closed, c.State(), "who learns the reason can see the end")
			return err
		}
	}
}

// delivers receives what was sent, which is then delivered.
func (w *world) delivers(r *sdk.Receipt, at *sdk.Conn, data string) {
	w.t.Helper()
	w.gets(at, data)
	w.outcome(r, sdk.Delivered, "")
}
