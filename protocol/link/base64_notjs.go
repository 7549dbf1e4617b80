//go:build !js

package link

import (
	"encoding/base64"
	"math/bits"
	"slices"

	"github.com/sebas642/intercessor/protocol/internal/word"
)

// Base64 as encoding/base64 does it, in half of the time: it takes a third of what a stream costs
// its two ends over the relay. Four characters are looked up at once, or two written.
var (
	charPairs [1 << 12]uint16   // of 12 bits
	charBits  [4][1 << 8]uint32 // of a character, by its place among four
	strict    = base64.StdEncoding.Strict()
)

// notBase64 marks in charBits what is no character of base64.
const notBase64 = 1 << 31

func init() {
	const chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range charPairs {
		charPairs[i] = uint16(chars[i>>6]) | uint16(chars[i&63])<<8
	}
	for place := range charBits {
		for i := range charBits[place] {
			charBits[place][i] = notBase64
		}
		for i := range len(chars) {
			charBits[place][chars[i]] = uint32(i) << (18 - 6*place)
		}
	}
}

// appendBase64 appends data in base64 to dst.
func appendBase64(dst, data []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, base64.StdEncoding.EncodedLen(len(data)))
	dst = dst[:cap(dst)]
	for ; len(data) >= 8; data = data[6:] { // the last two bytes are read, and wait
		v := bits.ReverseBytes64(word.Load(data))
		word.Store(dst[n:], uint64(charPairs[v>>52])|uint64(charPairs[v>>40&0xfff])<<16|
			uint64(charPairs[v>>28&0xfff])<<32|uint64(charPairs[v>>16&0xfff])<<48)
		n += 8
	}
	return base64.StdEncoding.AppendEncode(dst[:n], data)
}

// decodeBase64 is the reverse. Bits after the end must be zero.
func decodeBase64(text []byte) ([]byte, error) {
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n := 0
	for ; len(text) >= 8 && len(data)-n >= 8; text = text[8:] { // two bytes too many are written, and written again
		high := charBits[0][text[0]] | charBits[1][text[1]] | charBits[2][text[2]] | charBits[3][text[3]]
		low := charBits[0][text[4]] | charBits[1][text[5]] | charBits[2][text[6]] | charBits[3][text[7]]
		if (high|low)&notBase64 != 0 {
			break
		}
		word.Store(data[n:], bits.ReverseBytes64(uint64(high)<<40|uint64(low)<<16))
		n += 6
	}
	rest, err := strict.Decode(data[n:], text)
	return data[:n+rest], err
}
