// Package guide reads the fenced code blocks of the documents, so that tests compile and run what
// the documents show.
package guide

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Block is a fenced code block.
type Block struct{ Language, Text string }

var fence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

// Blocks returns the blocks of a document in their order, or those of some languages.
func Blocks(t testing.TB, path string, languages ...string) (blocks []Block) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		if len(languages) == 0 || slices.Contains(languages, m[1]) {
			blocks = append(blocks, Block{m[1], m[2]})
		}
	}
	return blocks
}
