package protocol

import "unicode/utf8"

// AppendString appends s to dst as a JSON string and returns the result. Bytes
// of s that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte { return appendString(dst, s) }

func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	done := 0 // s[:done] is in dst
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if class[c]&classPlain == 0 {
				dst = append(dst, s[done:i]...)
				dst = appendEscape(dst, c)
				done = i + 1
			}
			i++
			continue
		}
		_, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if n == 1 {
			dst = append(dst, s[done:i]...)
			dst = append(dst, string(utf8.RuneError)...)
			done = i + 1
		}
		i += n
	}
	dst = append(dst, s[done:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// Unquote returns the text of raw, one JSON string with nothing around it. Half a
// surrogate pair becomes U+FFFD. The error is an *Error: CodeInvalidField if raw is not a
// string, else as for [Valid].
func Unquote(raw []byte) (string, error) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", &Error{CodeInvalidField, "the value is not a string"}
	}
	i, f := scanString(raw, 1)
	if f == 0 && i < len(raw) {
		f = faultOf(raw, i)
	}
	if f != 0 {
		return "", f.at(i)
	}
	return string(text(raw[1 : i-1])), nil
}

// text decodes the escapes of a string that the scanner has accepted, given without its
// quotes. If there are none, it returns inner itself.
func text(inner []byte) []byte {
	for i, c := range inner {
		if c == '\\' {
			return decodeText(make([]byte, 0, len(inner)), inner, i)
		}
	}
	return inner
}

// decodeText appends inner to dst with its escapes decoded. The first escape is at i.
func decodeText(dst, inner []byte, i int) []byte {
	dst = append(dst, inner[:i]...)
	for i < len(inner) {
		c := inner[i]
		i++
		if c != '\\' {
			dst = append(dst, c)
			continue
		}
		c = inner[i]
		i++
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r := hex4(inner[i:])
			i += 4
			if lowFollows(r, inner[i:]) {
				r = 0x10000 + (r-0xD800)<<10 + hex4(inner[i+2:]) - 0xDC00
				i += 6
			}
			dst = utf8.AppendRune(dst, r) // U+FFFD for half a surrogate pair
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// lowFollows reports whether r is the first half of a surrogate pair and rest
// begins with the escape of a second half.
func lowFollows(r rune, rest []byte) bool {
	if r < 0xD800 || r > 0xDBFF || len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return false
	}
	low := hex4(rest[2:])
	return 0xDC00 <= low && low <= 0xDFFF
}

// hex4 parses four hexadecimal digits that the scanner has accepted.
func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		r <<= 4
		if class[c]&classDigit != 0 {
			r |= rune(c - '0')
		} else {
			r |= rune(c|0x20-'a') + 10
		}
	}
	return r
}
