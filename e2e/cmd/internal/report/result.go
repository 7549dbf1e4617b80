package report

import (
	"slices"
	"time"
)

// A Result is what one measurement found, in the order of its table.
type Result struct {
	Title   string // for people; JSON has the figures
	figures []figure
}

type figure struct {
	key   string // in JSON, with its unit, never to change; empty: only for people
	label string // for people; empty: only in JSON
	value any
	unit  string
}

// Add adds a figure: under its key to the JSON, with its label and its unit to the table.
// Without a key it is not in the JSON, without a label not in the table.
func (r *Result) Add(key, label string, value any, unit string) {
	r.figures = append(r.figures, figure{key, label, value, unit})
}

// Millis adds a duration in milliseconds.
func (r *Result) Millis(key, label string, d time.Duration) {
	r.Add(key, label, float64(d)/float64(time.Millisecond), "ms")
}

// Micros adds a duration in microseconds.
func (r *Result) Micros(key, label string, d time.Duration) {
	r.MicrosEach(key, label, d, 1)
}

// MicrosEach adds a duration divided among n, in microseconds.
func (r *Result) MicrosEach(key, label string, d time.Duration, n int64) {
	r.Add(key, label, MicrosEach(d, n), "µs")
}

// MicrosEach gives a duration divided among n, in microseconds. Nothing is divided where
// n is 0.
func MicrosEach(d time.Duration, n int64) float64 {
	return float64(d) / float64(time.Microsecond) / float64(max(n, 1))
}

// Median gives the middle value, or the mean of the two in the middle. There must be one.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
