//go:build linux

package main

import (
	"math/bits"
	"time"
)

// fine is how many bits of a value a histogram keeps: its quantiles are wrong by
// at most one part in 128.
const fine = 7

// A histogram counts durations in buckets that grow with their values. Its zero
// value is empty.
type histogram struct {
	counts [(65 - fine) << fine]int64
	total  int64
}

// record counts one duration; a negative one counts as zero.
func (h *histogram) record(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0)))]++
	h.total++
}

// bucket keeps small values as they are, and of others the leading bits and how
// far they were shifted.
func bucket(v uint64) int {
	shift := max(bits.Len64(v)-1-fine, 0)
	return shift<<fine + int(v>>shift)
}

// quantile gives the duration that a part q of all, from 0 to 1, does not
// exceed: the middle of its bucket. An empty histogram gives 0.
func (h *histogram) quantile(q float64) time.Duration {
	rank := min(int64(q*float64(h.total)), h.total-1)
	for i, count := range h.counts {
		if rank -= count; rank < 0 {
			shift := max(i>>fine-1, 0)
			lowest := uint64(i-shift<<fine) << shift
			return time.Duration(lowest + 1<<shift>>1)
		}
	}
	return 0
}
