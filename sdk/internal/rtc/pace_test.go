package rtc

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Three offers are answered at once, and then one in two seconds, however many come.
func TestOffersArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &Peer{ctx: ctx}
		begin := time.Now()
		for n, want := range []time.Duration{0, 0, 0, 2, 4, 6} {
			p.pace()
			require.Equal(t, want*time.Second, time.Since(begin), "offer %d", n+1)
		}
		time.Sleep(time.Minute)
		begin = time.Now()
		for range offersAtOnce {
			p.pace()
		}
		require.Zero(t, time.Since(begin))
		cancel()
		p.pace()
		require.Zero(t, time.Since(begin), "the end waits for none")
	})
}
