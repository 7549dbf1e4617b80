package identifier

import "math"

const year = 365 * 24 * 60 * 60 // seconds

// Chance is how likely it is that somebody who guesses so often a second, for a
// year, finds one of so many rooms.
func Chance(bits, rooms, guesses float64) float64 {
	return -math.Expm1(guesses * year * math.Log1p(-rooms/math.Exp2(bits)))
}

// Repeat is how likely it is that of so many IDs that were ever drawn two are one.
func Repeat(bits, drawn float64) float64 {
	return -math.Expm1(-drawn * (drawn - 1) / 2 / math.Exp2(bits))
}
