package directory_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// median reports the median time of an operation.
func median(b *testing.B, f func(i int)) {
	b.Helper()
	took := make([]time.Duration, 0, b.N)
	for i := 0; b.Loop(); i++ {
		begun := time.Now()
		f(i)
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
}

func BenchmarkLookup(b *testing.B) {
	_, endpoints := one(b)
	a := join(b, "a", 1, endpoints)
	join(b, "b", 2, endpoints)
	a.mustClaim(b, "room")
	median(b, func(int) {
		_, _, err := a.Lookup(b.Context(), "room")
		require.NoError(b, err)
	})
}

func BenchmarkClaim(b *testing.B) {
	_, endpoints := one(b)
	a := join(b, "a", 1, endpoints)
	median(b, func(i int) {
		_, err := a.Claim(b.Context(), a.claim(fmt.Sprint("room", i)), 0)
		require.NoError(b, err)
	})
}

// BenchmarkClaimsTogether measures claims of 400 callers at once.
func BenchmarkClaimsTogether(b *testing.B) {
	_, endpoints := one(b)
	a := join(b, "a", 1, endpoints)
	var next atomic.Int64
	for b.Loop() {
		var all sync.WaitGroup
		for range 400 {
			all.Go(func() {
				if _, err := a.Claim(b.Context(), a.claim(fmt.Sprint("room", next.Add(1))), 0); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
	b.ReportMetric(float64(next.Load())/b.Elapsed().Seconds(), "claims/s")
}

// BenchmarkLookupsTogether measures lookups of 400 callers at once.
func BenchmarkLookupsTogether(b *testing.B) {
	_, endpoints := one(b)
	a := join(b, "a", 1, endpoints)
	a.mustClaim(b, "room")
	n := 0
	for b.Loop() {
		var all sync.WaitGroup
		for range 400 {
			all.Go(func() {
				if _, _, err := a.Lookup(b.Context(), "room"); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		n += 400
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lookups/s")
}
