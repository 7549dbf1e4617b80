package virtual_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/sdk"
)

// What a client says first takes one way, and so does the answer (L14).
func TestFirstMessageTakesOneWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		half := virtual.Way{Delay: 50 * time.Millisecond} // a way has two: to the relay, and from it
		w.line.SetWays(half, half)
		w.options.HTTPClient = w.line.Client()
		ln, err := sdk.Listen(t.Context(), "ws://relay/server", &w.options)
		require.NoError(t, err)
		t.Cleanup(func() { _ = ln.Close() })
		w.ln = ln
		client := w.dial()
		start := time.Now()
		first, second := w.send(client, `"first"`), w.send(client, `"second"`)
		server := w.accept()
		w.gets(server, `"first"`, `"second"`)
		there := time.Since(start)
		w.send(server, `"answer"`)
		w.gets(client, `"answer"`)
		back := time.Since(start)
		w.outcome(first, sdk.Delivered, "")
		w.outcome(second, sdk.Delivered, "")
		t.Logf("the first messages took %v, the answer %v, their outcomes %v", there, back-there, time.Since(start))
		require.Equal(t, 100*time.Millisecond, there)
		require.Equal(t, 100*time.Millisecond, back-there)
	})
}
