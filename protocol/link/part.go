package link

import (
	"unicode/utf8"

	"github.com/sebas642/intercessor/protocol"
)

// A part of a message is a JSON string (L7). Its length in the frame is at most partSize,
// escapes and quotes included. So a frame is never much longer than that, whatever the
// message is. Four of them, with their costs, fit into half of a relay's usual outbox,
// which would hold only three of MaxPart.
const partSize = protocol.MaxPart - 1<<10

// cutPart returns where the part of data that begins at from ends, and how long
// it is as a JSON string. It cuts at the end of a character.
func cutPart(data []byte, from int) (end, encoded int) {
	encoded = 2
	end = from
	for i := from; i < len(data); {
		n, size := 1, escaped(data[i])
		if data[i] >= utf8.RuneSelf {
			_, n = utf8.DecodeRune(data[i:])
			size = n
		}
		if encoded+size > partSize {
			break
		}
		encoded += size
		i += n
		end = i
	}
	return end, encoded
}

// escaped returns how many bytes an ASCII character takes in a JSON string.
func escaped(c byte) int {
	switch {
	case c == '"', c == '\\', c == '\n', c == '\r', c == '\t':
		return 2
	case c < ' ':
		return 6
	}
	return 1
}

// appendText appends s to dst as a JSON string. Bytes beyond ASCII stay as they are.
func appendText[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0 // s[:done] is in dst
	for i := range len(s) {
		c := s[i]
		if escaped(c) == 1 {
			continue
		}
		dst = append(dst, s[done:i]...)
		done = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[done:]...)
	return append(dst, '"')
}

// appendPart appends the text of raw, one JSON string, to dst, as long as dst's
// capacity suffices. It returns false if it does not, if raw is not a string, and for
// half a surrogate pair, which no part of a JSON text in UTF-8 contains.
func appendPart(dst, raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return dst, false
	}
	raw = raw[1 : len(raw)-1]
	for len(raw) > 0 {
		plain := 0
		for plain < len(raw) && raw[plain] != '\\' {
			plain++
		}
		if plain > cap(dst)-len(dst) {
			return dst, false
		}
		dst = append(dst, raw[:plain]...)
		if raw = raw[plain:]; len(raw) == 0 {
			break
		}
		r, n := unescape(raw)
		if n == 0 || utf8.RuneLen(r) < 0 || utf8.RuneLen(r) > cap(dst)-len(dst) {
			return dst, false
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[n:]
	}
	return dst, true
}

// unescape reads the escape with which raw begins, both halves of a surrogate
// pair, and returns how long it is; 0 if there is none.
func unescape(raw []byte) (r rune, n int) {
	if len(raw) < 2 {
		return 0, 0
	}
	switch c := raw[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, n = hex4(raw)
		if 0xD800 <= r && r < 0xDC00 && n != 0 {
			low, m := hex4(raw[n:])
			if m == 0 || low < 0xDC00 || low > 0xDFFF {
				return 0, 0
			}
			return 0x10000 + (r-0xD800)<<10 + low - 0xDC00, n + m
		}
	}
	return r, n
}

// hex4 reads an escape of the form \u0041.
func hex4(raw []byte) (r rune, n int) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, 0
	}
	for _, c := range raw[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, 0
		}
		r = r<<4 | rune(c)
	}
	return r, 6
}
