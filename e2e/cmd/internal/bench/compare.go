//go:build linux

package bench

import (
	"fmt"
	"slices"
)

// A Side is one of two things that are compared. Turn measures it once and returns its
// figures.
type Side struct {
	Name string
	Turn func() []float64
}

// A Figure is one of the figures that a turn returns.
type Figure struct {
	Key, Label string
	Ratio      string // the key of the ratio of the second side to the first; empty: only the second side has this figure
}

// Compare has both sides take turns, and adds the medians of all rounds to a result, with the
// ratios, which are taken round by round. A disturbed round does not move a median.
func (r *Run) Compare(res *Result, rounds int, figures []Figure, sides [2]Side) {
	values := make([][3][]float64, len(figures)) // of each round: both sides, and their ratio
	for round := range rounds {
		for i := range sides {
			i ^= round & 1 // neither is always first
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
