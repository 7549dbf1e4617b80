//go:build linux

package bench

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Result is the result of one measurement: the fields of a line of JSON, and the rows of a
// table for people, in the order in which they were added.
type Result struct {
	title  string
	fields []field
	rows   string
}

type field struct {
	key   string
	value any
}

// NewResult begins a result with fields, which are keys and values by turns. The title is not
// in the JSON.
func NewResult(title string, fields ...any) *Result {
	r := &Result{title: title}
	for ; len(fields) > 0; fields = fields[2:] {
		r.Field(fields[0].(string), fields[1])
	}
	return r
}

// Field adds a field. A key has its unit in its name and never changes.
func (r *Result) Field(key string, value any) { r.fields = append(r.fields, field{key, value}) }

// Row adds a row. A float is rounded to its significant digits.
func (r *Result) Row(label string, cells ...any) {
	r.rows += "  " + label
	for _, cell := range cells {
		if f, ok := cell.(float64); ok {
			whole := len(strconv.Itoa(int(f)))
			cell = strconv.FormatFloat(f, 'f', max(0, min(2, 4-whole)), 64)
		}
		r.rows += fmt.Sprint("\t", cell)
	}
	r.rows += "\n"
}

// Add adds a field, and a row with its label and unit.
func (r *Result) Add(key, label string, value any, unit string) {
	r.Field(key, value)
	r.Row(label, value, unit)
}

// Micros adds a duration, divided among n, in microseconds.
func (r *Result) Micros(key, label string, d time.Duration, n int64) {
	r.Add(key, label, Micros(d, n), "µs")
}

// Micros returns a duration divided among n, in microseconds. If n is 0 it is not divided.
func Micros(d time.Duration, n int64) float64 {
	return float64(d) / float64(time.Microsecond) / float64(max(n, 1))
}

// Print writes the result as a table or as a line of JSON.
func (r *Run) Print(res *Result) {
	fmt.Fprint(r.status, clearLine)
	if !r.json {
		table := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
		fmt.Fprintf(table, "%s\n%s", res.title, res.rows)
		r.Check(table.Flush())
		return
	}
	line := `{"mode":` + strconv.Quote(r.Mode)
	for _, f := range res.fields {
		value, err := json.Marshal(f.value)
		r.Check(err)
		line += "," + strconv.Quote(f.key) + ":" + string(value)
	}
	_, err := fmt.Fprintln(r.out, line+"}")
	r.Check(err)
}

// A Histogram counts durations from a nanosecond to an hour, exact to a thousandth.
type Histogram struct{ counts *hdrhistogram.Histogram }

// NewHistogram returns an empty histogram.
func NewHistogram() Histogram { return Histogram{hdrhistogram.New(1, int64(time.Hour), 3)} }

// Record counts a duration. One out of range counts as the limit.
func (h Histogram) Record(d time.Duration) {
	_ = h.counts.RecordValue(int64(min(max(d, 0), time.Hour)))
}

// Count returns how many durations there are.
func (h Histogram) Count() int64 { return h.counts.TotalCount() }

// Percentile returns the duration that percent of the durations do not exceed. It is 0 if there
// are none.
func (h Histogram) Percentile(percent float64) time.Duration {
	return time.Duration(h.counts.ValueAtPercentile(percent))
}

// A Side is one side of a comparison. Turn measures it once and returns its figures.
type Side struct {
	Name string
	Turn func() []float64
}

// A Figure is one of the figures that a turn returns.
type Figure struct {
	Key, Label string
	Ratio      string // the key of the ratio of the second side to the first; empty if only the second side has this figure
}

// Compare has both sides take turns, and adds the medians of all rounds to a result, with the
// medians of each round's ratio. A disturbed round does not move a median.
func (r *Run) Compare(res *Result, rounds int, figures []Figure, sides [2]Side) {
	values := make([][3][]float64, len(figures)) // by figure, then side or ratio, then round
	for round := range rounds {
		for i := range sides {
			i ^= round & 1 // the sides alternate in going first
			r.Say("round %d of %d, %s", round+1, rounds, sides[i].Name)
			for f, value := range sides[i].Turn() {
				values[f][i] = append(values[f][i], value)
			}
		}
		for f := range values {
			values[f][2] = append(values[f][2], values[f][1][round]/values[f][0][round])
		}
	}
	res.Field("rounds", rounds)
	res.Row("", sides[0].Name, sides[1].Name, "ratio (lowest to highest)")
	for f, figure := range figures {
		base, other, ratio := median(values[f][0]), median(values[f][1]), median(values[f][2])
		lowest, highest := slices.Min(values[f][2]), slices.Max(values[f][2])
		if figure.Ratio == "" {
			res.Field(figure.Key, other)
			res.Row(figure.Label, "", other)
			continue
		}
		res.Field(sides[0].Name+"_"+figure.Key+"_median", base)
		res.Field(sides[1].Name+"_"+figure.Key+"_median", other)
		res.Field(figure.Ratio+"_median", ratio)
		res.Field(figure.Ratio+"_min", lowest)
		res.Field(figure.Ratio+"_max", highest)
		res.Row(figure.Label, base, other, fmt.Sprintf("%.2f (%.2f to %.2f)", ratio, lowest, highest))
	}
	r.Print(res)
}

// median returns the middle value, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
