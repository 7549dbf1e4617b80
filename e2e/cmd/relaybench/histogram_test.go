//go:build linux

package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAHistogramKnowsQuantiles(t *testing.T) {
	for _, n := range []int{1, 2, 10, 100_000} {
		var h histogram
		exact := make([]time.Duration, n)
		for i := range exact {
			exact[i] = time.Duration(math.Exp(rand.Float64() * 25)) // a nanosecond to a minute
			h.record(exact[i])
		}
		slices.Sort(exact)
		for _, q := range []float64{0, 0.5, 0.99, 0.999, 1} {
			want := exact[min(int(q*float64(n)), n-1)]
			require.InEpsilon(t, want+1, h.quantile(q)+1, 1.0/128, "quantile %v of %d", q, n)
		}
	}
}

func TestAHistogramTakesEveryDuration(t *testing.T) {
	var h histogram
	require.Zero(t, h.quantile(0.5), "of nothing")
	h.record(-time.Second)
	require.Zero(t, h.quantile(1), "a clock that went back")
	h.record(math.MaxInt64)
	require.InEpsilon(t, time.Duration(math.MaxInt64), h.quantile(1), 1.0/128)
}
