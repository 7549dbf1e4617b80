// Package identifier draws the IDs of peers, and says how hard they are to guess.
package identifier

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sethvargo/go-diceware/diceware"
)

// Kind is a kind of identifiers.
type Kind string

// The kinds.
const (
	UUID  Kind = "uuid"  // a UUID (RFC 9562, version 4): 122 random bits
	Token Kind = "token" // 128 random bits in base32 (RFC 4648, section 6), lower case, without padding
	Words Kind = "words" // words that can be said and remembered, joined by hyphens
)

// Bounds of an operator's choice of words.
const (
	DefaultWords = 6
	MinWords     = 3
	MaxWords     = 6 // of nine letters at most, so that all fit into an ID (B29)

	// SafeWords and SafeBits are the least for servers whose ID is all that a client needs.
	SafeWords = 5
	SafeBits  = 60
)

const tokenBytes = 16

// list is the long list of the Electronic Frontier Foundation: 7,776 words that are easy
// to say and to remember. No word begins with another one, so that those which are
// said without a pause stay apart.
var list = diceware.WordListEffLarge()

// ListWords is how many words there are to tell apart: "drop-down" and "dropdown" are one.
const ListWords = 7775

// New gives a function that draws IDs of a kind, of so many words if they are words. All
// come from crypto/rand. It may be called concurrently. The error is a sentence for the operator.
func New(kind Kind, words int) (func() protocol.ID, error) {
	switch kind {
	case UUID:
		return func() protocol.ID { return protocol.ID(uuid.NewString()) }, nil
	case Token:
		return drawToken, nil
	case Words:
		if words < MinWords || words > MaxWords {
			return nil, fmt.Errorf("an ID has %d to %d words", MinWords, MaxWords)
		}
		generator, err := diceware.NewGenerator(&diceware.GeneratorInput{WordList: list})
		if err != nil {
			return nil, err
		}
		return func() protocol.ID {
			return protocol.ID(strings.Join(generator.MustGenerate(words), "-")) // crypto/rand never fails
		}, nil
	}
	return nil, fmt.Errorf("%q is no kind of identifiers: it is %s, %s or %s", kind, UUID, Token, Words)
}

var tokenText = base32.StdEncoding.WithPadding(base32.NoPadding)

func drawToken() protocol.ID {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return protocol.ID(strings.ToLower(tokenText.EncodeToString(b[:])))
}

// Bits says how hard IDs of a kind are to guess: the logarithm to base 2 of how many
// there are. In one ID no word comes twice.
func Bits(kind Kind, words int) float64 {
	switch kind {
	case UUID:
		return 122
	case Token:
		return 8 * tokenBytes
	}
	bits := 0.0
	for i := range words {
		bits += math.Log2(float64(ListWords - i))
	}
	return bits
}
