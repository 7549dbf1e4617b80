package protocol

import (
	"math/bits"
	"unicode/utf8"
)

// The scanner reads a text once, from left to right, and stops at the first byte
// that cannot stand there (B37). Its functions take the text and the index where
// they begin, and return the index behind what they scanned; with a fault, that
// of the byte at fault. They neither allocate nor recurse.

// Valid reports whether value is one JSON value with nothing but white space
// around it: strict RFC 8259 in strict UTF-8, nested at most MaxDepth deep. It
// allows what RFC 8259 allows: a name twice in an object, half a surrogate pair
// as an escape. The error is an *Error.
func Valid(value []byte) error {
	i, f := scanValue(value, skipSpace(value, 0), 0)
	if f == 0 {
		i, f = scanEnd(value, i)
	}
	if f != 0 {
		return f.at(i)
	}
	return nil
}

// scanValue scans the value that begins at b[i] inside depth open objects and
// arrays.
func scanValue(b []byte, i, depth int) (int, fault) {
	var (
		f       fault
		objects uint64 // bit n tells that the container at depth n is an object
		outside = depth
	)
	for {
		if i >= len(b) {
			return i, faultGrammar
		}
		switch c := b[i]; c {
		case '"':
			i, f = scanString(b, i+1)
		case '{', '[':
			if depth == MaxDepth {
				return i, faultDepth
			}
			depth++
			i = skipSpace(b, i+1)
			if c == '[' {
				objects &^= 1 << depth
				if i >= len(b) || b[i] != ']' {
					continue
				}
			} else {
				objects |= 1 << depth
				if i >= len(b) || b[i] != '}' {
					if i, f = scanName(b, i); f != 0 {
						return i, f
					}
					continue
				}
			}
			depth--
			i++
		case 't':
			i, f = scanLiteral(b, i, "true")
		case 'f':
			i, f = scanLiteral(b, i, "false")
		case 'n':
			i, f = scanLiteral(b, i, "null")
		default:
			i, f = scanNumber(b, i)
		}
		if f != 0 {
			return i, f
		}

		// A value ends at i: what follows belongs to the container around it.
		for {
			if depth == outside {
				return i, 0
			}
			i = skipSpace(b, i)
			if i >= len(b) {
				return i, faultGrammar
			}
			object := objects>>depth&1 == 1
			if b[i] == ',' {
				i = skipSpace(b, i+1)
				if object {
					if i, f = scanName(b, i); f != 0 {
						return i, f
					}
				}
				break
			}
			if object != (b[i] == '}') || !object && b[i] != ']' {
				return i, faultOf(b, i)
			}
			depth--
			i++
		}
	}
}

// scanName scans a member's name and colon, up to where its value begins.
func scanName(b []byte, i int) (int, fault) {
	if i >= len(b) || b[i] != '"' {
		return i, faultOf(b, i)
	}
	i, f := scanString(b, i+1)
	if f != 0 {
		return i, f
	}
	return scanColon(b, i)
}

func scanColon(b []byte, i int) (int, fault) {
	i = skipSpace(b, i)
	if i >= len(b) || b[i] != ':' {
		return i, faultOf(b, i)
	}
	return skipSpace(b, i+1), 0
}

// scanString scans a string whose opening quote stands before i.
func scanString(b []byte, i int) (int, fault) {
	for {
		for i+8 <= len(b) {
			special := specials(load64(b[i:]))
			if special != 0 {
				i += bits.TrailingZeros64(special) / 8
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

func scanNumber(b []byte, i int) (int, fault) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else {
		var f fault
		if i, f = scanDigits(b, i); f != 0 {
			return i, f
		}
	}
	if i < len(b) && b[i] == '.' {
		var f fault
		if i, f = scanDigits(b, i+1); f != 0 {
			return i, f
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return scanDigits(b, i)
	}
	return i, 0
}

// scanDigits scans one digit or more.
func scanDigits(b []byte, i int) (int, fault) {
	if i >= len(b) || class[b[i]]&classDigit == 0 {
		return i, faultOf(b, i)
	}
	for i < len(b) && class[b[i]]&classDigit != 0 {
		i++
	}
	return i, 0
}

func scanLiteral(b []byte, i int, literal string) (int, fault) {
	for j := range len(literal) {
		if i >= len(b) || b[i] != literal[j] {
			return i, faultOf(b, i)
		}
		i++
	}
	return i, 0
}

// scanEnd scans the white space behind the last value.
func scanEnd(b []byte, i int) (int, fault) {
	if i = skipSpace(b, i); i < len(b) {
		return i, faultOf(b, i)
	}
	return i, 0
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && class[b[i]]&classSpace != 0 {
		i++
	}
	return i
}

// faultOf tells what is wrong with a byte that cannot stand where it is: broken
// UTF-8 where a sequence begins that is none, else the grammar (B37).
func faultOf(b []byte, i int) fault {
	if i < len(b) && b[i] >= utf8.RuneSelf {
		if _, n := utf8.DecodeRune(b[i:]); n == 1 {
			return faultUTF8
		}
	}
	return faultGrammar
}

// load64 reads eight bytes, the first into the lowest bits. The compiler makes
// one load of it.
func load64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// specials returns a word whose lowest set bit is the highest bit of the first
// byte of w that is not plain in a string: a control character, a quote, a
// backslash, or beyond ASCII. Subtracting from each byte at once sets its highest
// bit where it was too small; what a borrow spoils lies above that.
func specials(w uint64) uint64 {
	const ones = 0x0101010101010101
	return (w | (w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones)) & (0x80 * ones)
}
