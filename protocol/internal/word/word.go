// Package word looks at eight bytes of a text at once. The first byte of a text is in the
// lowest bits of its word. A set of bytes is a word that has the highest bit of each of them.
package word

import "math/bits"

const (
	ones = 0x0101010101010101 // a byte times ones is that byte in every place
	high = 0x80 * ones
)

// Load reads eight bytes. The compiler emits one load.
func Load(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// Store writes eight bytes. The compiler emits one store.
func Store(b []byte, w uint64) {
	_ = b[7]
	b[0], b[1], b[2], b[3] = byte(w), byte(w>>8), byte(w>>16), byte(w>>24)
	b[4], b[5], b[6], b[7] = byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56)
}

// Equal returns the set of the bytes of w that are c, which is ASCII. The sums carry into no
// other byte: each is less than 256.
func Equal(w uint64, c byte) uint64 {
	return ^((w&^high ^ uint64(c)*ones + (high - ones)) | w) & high
}

// Below returns the set of the bytes of w that are less than c, which is ASCII.
func Below(w uint64, c byte) uint64 {
	return ^((w&^high + (high - uint64(c)*ones)) | w) & high
}

// First returns the place of the first byte of a set, which is not empty.
func First(set uint64) int { return bits.TrailingZeros64(set) / 8 }

// Count returns how many bytes are in a set.
func Count(set uint64) int { return bits.OnesCount64(set) }
