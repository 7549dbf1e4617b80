package identifier_test

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/sebas642/intercessor/relayd/identifier"
	"github.com/stretchr/testify/require"
)

// TestTheArithmetic: the rows of the table in docs/identifiers.md are these.
func TestTheArithmetic(t *testing.T) {
	text, err := os.ReadFile("../../docs/identifiers.md")
	require.NoError(t, err)
	for _, c := range []struct {
		name  string
		kind  identifier.Kind
		words int
	}{
		{"`uuid`", identifier.UUID, 0}, {"`token`", identifier.Token, 0},
		{"`words`, 6", identifier.Words, 6}, {"`words`, 5", identifier.Words, 5}, {"`words`, 4", identifier.Words, 4}, {"`words`, 3", identifier.Words, 3},
	} {
		bits := identifier.Bits(c.kind, c.words)
		row := fmt.Sprintf("| %s | %.1f |", c.name, bits)
		for _, guesses := range []float64{1.0 / 6, 100, 10_000} {
			row += " " + chance(identifier.Chance(bits, 10_000, guesses)) + " |"
		}
		row += " " + chance(identifier.Repeat(bits, 1e9)) + " |\n"
		require.Contains(t, string(text), row)
	}
}

// chance writes a probability as people read it.
func chance(p float64) string {
	switch {
	case p > 0.995:
		return "certain"
	case p >= 0.01:
		return fmt.Sprintf("%.0f %%", 100*p)
	case p >= 1e-4:
		return fmt.Sprintf("1 in %.0f", 1/p)
	}
	return fmt.Sprintf("1 in 10^%.0f", math.Floor(-math.Log10(p)))
}

func TestChance(t *testing.T) {
	require.InDelta(t, 77.5, identifier.Bits(identifier.Words, 6), 0.1)
	require.InDelta(t, 64.6, identifier.Bits(identifier.Words, 5), 0.1)
	require.Greater(t, identifier.Bits(identifier.Words, identifier.SafeWords), float64(identifier.SafeBits))
	require.Less(t, identifier.Bits(identifier.Words, identifier.SafeWords-1), float64(identifier.SafeBits))
	const year = 365 * 24 * 3600
	require.InEpsilon(t, 1.0/1024, identifier.Chance(20, 1024, 1.0/year), 1e-6, "one guess of one in 1,024")
	require.InDelta(t, 1-math.Exp(-1), identifier.Chance(30, 1, (1<<30)/float64(year)), 1e-6, "as many guesses as IDs")
	require.InEpsilon(t, 1e-6, identifier.Chance(64, 1, math.Exp2(64)/year*1e-6), 1e-3, "small ones too")
	require.InDelta(t, 0.5, identifier.Repeat(math.Log2(365), 23), 0.02, "birthdays")
}
