//go:build linux

package main

import (
	"slices"
	"time"
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

// median gives the middle value, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// spread adds the median of a figure over the rounds, and how far the rounds are apart.
func (r *result) spread(key, label string, values []float64) {
	r.add(key+"_median", label, median(values), "")
	r.add(key+"_min", "  lowest", slices.Min(values), "")
	r.add(key+"_max", "  highest", slices.Max(values), "")
}
