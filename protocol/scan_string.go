package protocol

import (
	"unicode/utf8"

	"github.com/sebas642/intercessor/protocol/internal/word"
)

// scanString scans a string whose opening quote is before i.
func scanString(b []byte, i int) (int, fault) {
	for {
		for i+8 <= len(b) {
			special := specials(word.Load(b[i:]))
			if special != 0 {
				i += word.First(special)
				break
			}
			i += 8
		}
		for i < len(b) && class[b[i]]&classPlain != 0 {
			i++
		}
		switch {
		case i >= len(b):
			return i, faultGrammar
		case b[i] == '"':
			return i + 1, 0
		case b[i] == '\\':
			var f fault
			if i, f = scanEscape(b, i+1); f != 0 {
				return i, f
			}
		case b[i] >= utf8.RuneSelf:
			_, n := utf8.DecodeRune(b[i:])
			if n == 1 {
				return i, faultUTF8
			}
			i += n
		default:
			return i, faultGrammar
		}
	}
}

// scanEscape scans what follows a backslash.
func scanEscape(b []byte, i int) (int, fault) {
	if i >= len(b) || b[i] != 'u' {
		if i < len(b) && class[b[i]]&classEscape != 0 {
			return i + 1, 0
		}
		return i, faultOf(b, i)
	}
	for n := i + 4; i < n; {
		i++
		if i >= len(b) || class[b[i]]&classHex == 0 {
			return i, faultOf(b, i)
		}
	}
	return i + 1, 0
}

// specials returns a word whose lowest set bit is the highest bit of the first
// byte of w that is not plain in a string: a control character, a quote, a
// backslash, or beyond ASCII. Subtracting from all bytes at once sets the highest bit of
// each byte that is too small. A borrow corrupts only bits above that. A byte beyond ASCII
// keeps its highest bit in at least one of the three differences.
func specials(w uint64) uint64 {
	const ones = 0x0101010101010101
	return ((w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones)) & (0x80 * ones)
}
