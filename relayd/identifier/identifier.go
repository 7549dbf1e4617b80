// Package identifier draws the IDs of peers, and computes how hard they are to guess.
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

// Limits of the number of words in an ID.
const (
	DefaultWords = 6
	MinWords     = 3
	MaxWords     = 6 // a word has at most nine letters, so all fit into an ID (B29)

	// SafeWords and SafeBits are the minimum if the server's ID is all that a client needs.
	SafeWords = 5
	SafeBits  = 60
)

const tokenBytes = 16

// list is the long list of the Electronic Frontier Foundation: 7,776 words that are easy
// to say and to remember. No word is the beginning of another, so words without a
// separator are still unambiguous.
var list = diceware.WordListEffLarge()

// ListWords is the number of distinguishable words: "drop-down" and "dropdown" are one.
const ListWords = 7775

// New returns a function that draws IDs of a kind from crypto/rand. The number of words
// matters only for [Words]. The function may be called concurrently. The error is a
// sentence for the operator.
func New(kind Kind, words int) (func() protocol.ID, error) {
	switch kind {
	case UUID:
		return func() protocol.ID { return protocol.ID(uuid.NewString()) }, nil
	case Token:
		return drawToken, nil
	case Words:
		if words < MinWords || words > MaxWords {
			return nil, fmt.Errorf("an ID must have %d to %d words", MinWords, MaxWords)
		}
		generator, err := diceware.NewGenerator(&diceware.GeneratorInput{WordList: list})
		if err != nil {
			return nil, err
		}
		return func() protocol.ID {
			return protocol.ID(strings.Join(generator.MustGenerate(words), "-")) // crypto/rand never fails
		}, nil
	}
	return nil, fmt.Errorf("%q is not a kind of identifier: use %s, %s or %s", kind, UUID, Token, Words)
}

var tokenText = base32.StdEncoding.WithPadding(base32.NoPadding)

func drawToken() protocol.ID {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return protocol.ID(strings.ToLower(tokenText.EncodeToString(b[:])))
}

// Bits returns the base-2 logarithm of the number of IDs of a kind. No word occurs
// twice in an ID.
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
