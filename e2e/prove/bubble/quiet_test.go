package bubble

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
)

// TestNoChannelNoWebRTC: Conns that only exchange messages have no goroutine of a direct path.
// With the first client the listener starts its shared goroutines; each later client adds those
// of a pair of Conns.
func TestNoChannelNoWebRTC(t *testing.T) {
	const (
		talkers = 2 * 3 // those of two Talks: watch, receive and collect
		pair    = 3     // SDK and relay together
	)
	var goroutines []int
	v := in(t, "go test -run TestNoChannelNoWebRTC ./e2e/prove/bubble", rules(), func(w *world) {
		defer w.finish()
		if !w.listen(virtual.NewLine(w.relay)) {
			return
		}
		for i := range 4 {
			client := w.dial(fmt.Sprint("client", i), virtual.NewLine(w.relay))
			if client == nil {
				return
			}
			server := w.other(client)
			if server == nil {
				w.problem("the listener never accepted %s", client.App.Name)
				return
			}
			_ = client.Send(context.Background(), 10)
			_ = server.Send(context.Background(), 10)
			synctest.Wait()
			goroutines = append(goroutines, runtime.NumGoroutine())
		}
	})
	require.True(t, v.ok(), "%v", v)
	require.Len(t, goroutines, 4)
	for i, n := range goroutines[1:] {
		require.LessOrEqual(t, n-goroutines[i], talkers+pair, "goroutines after each client: %v", goroutines)
	}
}
