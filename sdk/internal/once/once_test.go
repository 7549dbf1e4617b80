package once

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Others wait for the first, in virtual time too.
func TestOthersWaitForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o Once
		var all sync.WaitGroup
		begin, calls := time.Now(), 0
		for range 3 {
			all.Go(func() {
				o.Do(func() {
					calls++
					time.Sleep(time.Second)
				})
				require.Equal(t, time.Second, time.Since(begin))
			})
		}
		all.Wait()
		o.Do(func() { calls++ })
		require.Equal(t, 1, calls)
	})
}
