//go:build linux

package main

import (
	"slices"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

// quantile gives the least of the values that a part q of all, from 0 to 1, does not
// exceed. Of no values it is 0.
func quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// spread adds the median of a figure over the rounds, and how far the rounds are apart.
func spread(r *report.Result, key, label string, values []float64) {
	r.Add(key+"_median", label, report.Median(values), "")
	r.Add(key+"_min", "  lowest", slices.Min(values), "")
	r.Add(key+"_max", "  highest", slices.Max(values), "")
}
