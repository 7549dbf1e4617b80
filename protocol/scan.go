package protocol

import "unicode/utf8"

// The scanner reads a text once, from left to right, and stops at the first byte that is
// not allowed (B37). Its functions get the text and the index where they begin. They
// return the index after what they scanned or, with a fault, that of the byte at fault.
// They neither allocate nor recurse.

// Valid returns nil if value is one JSON value with only white space around it: strict
// RFC 8259 in strict UTF-8, nested at most MaxDepth deep. As RFC 8259 does, it allows a
// name twice in an object, and half a surrogate pair as an escape. The error is an *Error.
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
		objects uint64 // bit n is set if the container at depth n is an object
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
			i = skipSpace(b, i+1)
			if i < len(b) && b[i] == c+closer {
				i++
				break
			}
			depth++
			objects &^= 1 << depth
			if c == '{' {
				objects |= 1 << depth
				if i, f = scanName(b, i); f != 0 {
					return i, f
				}
			}
			continue
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

		// A value ends before i. What follows belongs to its container.
		for {
			if depth == outside {
				return i, 0
			}
			object := objects>>depth&1 == 1
			i = skipSpace(b, i)
			switch {
			case i >= len(b):
				return i, faultGrammar
			case b[i] == '}' && object, b[i] == ']' && !object:
				depth--
				i++
				continue
			case b[i] != ',':
				return i, faultOf(b, i)
			}
			i = skipSpace(b, i+1)
			if object {
				if i, f = scanName(b, i); f != 0 {
					return i, f
				}
			}
			break
		}
	}
}

// closer is the distance in ASCII from an opening bracket to its closing one.
const closer = '}' - '{'

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

// scanEnd scans the white space after the last value.
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

// faultOf returns the fault for a byte that is not allowed: broken UTF-8 if an ill-formed
// sequence begins there, else the grammar (B37).
func faultOf(b []byte, i int) fault {
	if i < len(b) && b[i] >= utf8.RuneSelf {
		if _, n := utf8.DecodeRune(b[i:]); n == 1 {
			return faultUTF8
		}
	}
	return faultGrammar
}
