package identifier

import "math"

const year = 365 * 24 * 60 * 60 // seconds

// Chance returns the probability of finding one of the rooms within a year, with IDs of
// these bits and this many guesses a second.
func Chance(bits, rooms, guesses float64) float64 {
	return -math.Expm1(guesses * year * math.Log1p(-rooms/math.Exp2(bits)))
}

// Repeat returns the probability that two of the IDs drawn are equal.
func Repeat(bits, drawn float64) float64 {
	return -math.Expm1(-drawn * (drawn - 1) / 2 / math.Exp2(bits))
}
