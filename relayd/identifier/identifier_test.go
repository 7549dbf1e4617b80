package identifier_test

import (
	"os"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/identifier"
	"github.com/sethvargo/go-diceware/diceware"
	"github.com/stretchr/testify/require"
)

func drawing(t testing.TB, kind identifier.Kind, words int) func() protocol.ID {
	t.Helper()
	draw, err := identifier.New(kind, words)
	require.NoError(t, err)
	return draw
}

// TestNoIDComesTwice: a million IDs of each kind, and none of them repeats, in any spelling
// (threat 1, B8, B52). Of words, which are rolled die by die, it is a tenth of that without
// INTERCESSOR_PROVE=full.
func TestNoIDComesTwice(t *testing.T) {
	for _, kind := range []identifier.Kind{identifier.UUID, identifier.Token, identifier.Words} {
		t.Run(string(kind), func(t *testing.T) {
			n := 1_000_000
			if kind == identifier.Words && os.Getenv("INTERCESSOR_PROVE") != "full" {
				n /= 10
			}
			draw := drawing(t, kind, identifier.DefaultWords)
			seen := make(map[string]struct{}, n)
			for range n {
				id := string(draw())
				if !protocol.ValidID(id) {
					t.Fatalf("%q has not the form of an ID", id)
				}
				seen[protocol.RoomKey(id)] = struct{}{}
			}
			require.Equal(t, n, len(seen))
		})
	}
}

func TestHowIDsLook(t *testing.T) {
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, drawing(t, identifier.UUID, 0)())
	require.Regexp(t, `^[a-z2-7]{26}$`, drawing(t, identifier.Token, 0)())
	for words := identifier.MinWords; words <= identifier.MaxWords; words++ {
		id := drawing(t, identifier.Words, words)()
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, id)
		require.GreaterOrEqual(t, strings.Count(string(id), "-"), words-1)
	}
	for _, c := range []struct {
		kind  identifier.Kind
		words int
	}{{identifier.Words, 2}, {identifier.Words, 7}, {"", 6}, {"uuid4", 6}} {
		_, err := identifier.New(c.kind, c.words)
		require.Error(t, err, "%v", c)
	}
}

// TestEveryBitIsDrawn: each character of an ID takes every value that it can.
func TestEveryBitIsDrawn(t *testing.T) {
	for kind, values := range map[identifier.Kind]int{identifier.UUID: 16, identifier.Token: 32} {
		draw := drawing(t, kind, 0)
		var seen [64]map[byte]bool
		for range 2000 {
			id := draw()
			for i := range len(id) {
				if seen[i] == nil {
					seen[i] = map[byte]bool{}
				}
				seen[i][id[i]] = true
			}
		}
		full := 0
		for _, at := range seen {
			if len(at) == values {
				full++
			}
		}
		require.Equal(t, map[identifier.Kind]int{identifier.UUID: 30, identifier.Token: 25}[kind], full, kind)
	}
	first := map[string]bool{}
	draw := drawing(t, identifier.Words, identifier.DefaultWords)
	for range 20000 {
		word, _, _ := strings.Cut(string(draw()), "-")
		first[word] = true
	}
	require.Greater(t, len(first), identifier.ListWords*9/10*9/10, "of %d words", identifier.ListWords)
}

// TestTheWords: there are as many as the arithmetic says, each has the form of an ID, no
// one begins with another, however they are spelt, and six always fit.
func TestTheWords(t *testing.T) {
	list := diceware.WordListEffLarge()
	keys := map[string]bool{}
	longest := 0
	for roll := 11111; roll <= 66666; roll++ {
		if word := list.WordAt(roll); word != "" {
			require.True(t, protocol.ValidID(word), word)
			keys[protocol.RoomKey(word)] = true
			longest = max(longest, len(word))
		}
	}
	require.Equal(t, identifier.ListWords, len(keys), "words that differ in more than a hyphen")
	require.LessOrEqual(t, identifier.MaxWords*(longest+1)-1, protocol.MaxID)
	var inside []string
	for word := range keys {
		for i := 1; i < len(word); i++ {
			if keys[word[:i]] {
				inside = append(inside, word[:i]+" "+word)
			}
		}
	}
	require.Empty(t, inside)
}
