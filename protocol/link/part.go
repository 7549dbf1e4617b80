package link

import (
	"unicode/utf8"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/internal/word"
)

// A part of a message is a JSON string (L7). Its length in the frame is at most partSize,
// escapes and quotes included. So a frame is never much longer than that, whatever the
// message is. Four of them, with their costs, fit into half of a relay's usual outbox,
// which would hold only three of MaxPart.
const partSize = protocol.MaxPart - 1<<10

// cutPart returns where the part of data, a text in UTF-8, that begins at from ends, and how
// long it is as a JSON string. It cuts at the end of a character.
func cutPart(data []byte, from int) (end, encoded int) {
	const longest = 8 * len(`\u0000`) // of eight bytes
	end, encoded = from, 2
	for end+8 <= len(data) && encoded+longest <= partSize {
		w := word.Load(data[end:])
		if word.Below(w, ' ') == 0 {
			encoded += 8 + word.Count(escapes(w))
		} else {
			for _, c := range data[end : end+8] {
				encoded += escaped(c)
			}
		}
		end += 8
	}
	for end < len(data) && encoded+escaped(data[end]) <= partSize {
		encoded += escaped(data[end])
		end++
	}
	for n := 1; n < utf8.UTFMax && end < len(data) && !utf8.RuneStart(data[end]); n++ {
		end, encoded = end-1, encoded-1
	}
	return end, encoded
}

// escapes returns the set of the bytes of w that have an escape in a JSON string.
func escapes(w uint64) uint64 {
	return word.Equal(w, '"') | word.Equal(w, '\\') | word.Below(w, ' ')
}

// letters has what follows the backslash in the escape of a byte; 0 for a byte without one.
// After u follow four digits.
const letters = "uuuuuuuuutnuuruuuuuuuuuuuuuuuuuu\x00\x00\"" // of control characters, space, ! and "

func letter(c byte) byte {
	if c == '\\' {
		return c
	}
	if int(c) < len(letters) {
		return letters[c]
	}
	return 0
}

// escaped returns how many bytes c takes in a JSON string.
func escaped(c byte) int {
	switch letter(c) {
	case 0:
		return 1
	case 'u':
		return 6
	}
	return 2
}

// appendText appends text to dst as a JSON string. Bytes beyond ASCII stay as they are.
func appendText(dst, text []byte) []byte {
	const spare = 8 + len(`\u0000`) // what one turn of the loop may write
	dst = append(dst, '"')
	n := len(dst) // dst[:n] is written
	dst = dst[:cap(dst)]
	for i := 0; i < len(text); {
		if len(dst)-n < spare {
			dst = append(dst[:n], make([]byte, len(text)-i+spare)...)
			dst = dst[:cap(dst)]
		}
		if i+8 <= len(text) {
			w := word.Load(text[i:])
			word.Store(dst[n:], w)
			set := escapes(w)
			if set == 0 {
				i, n = i+8, n+8
				continue
			}
			plain := word.First(set)
			i, n = i+plain, n+plain
		}
		c := text[i]
		i++
		switch l := letter(c); l {
		case 0:
			dst[n] = c
			n++
		case 'u':
			const hex = "0123456789abcdef"
			n += copy(dst[n:], []byte{'\\', 'u', '0', '0', hex[c>>4], hex[c&15]})
		default:
			dst[n], dst[n+1] = '\\', l
			n += 2
		}
	}
	return append(dst[:n], '"')
}

// appendPart appends the text of raw, one JSON string, to dst, as long as dst's
// capacity suffices. It returns false if it does not, if raw is not a string, and for
// half a surrogate pair, which no part of a JSON text in UTF-8 contains.
func appendPart(dst, raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return dst, false
	}
	raw = raw[1 : len(raw)-1]
	n := len(dst) // dst[:n] is written
	dst = dst[:cap(dst)]
	for i := 0; i < len(raw); {
		if i+8 <= len(raw) && n+8 <= len(dst) {
			w := word.Load(raw[i:])
			word.Store(dst[n:], w)
			set := word.Equal(w, '\\')
			if set == 0 {
				i, n = i+8, n+8
				continue
			}
			plain := word.First(set)
			i, n = i+plain, n+plain
		}
		if n == len(dst) {
			return dst[:n], false
		}
		c := raw[i]
		if c != '\\' {
			dst[n] = c
			i, n = i+1, n+1
			continue
		}
		if i+1 == len(raw) {
			return dst[:n], false
		}
		if c = meant[raw[i+1]]; c != 0 {
			dst[n] = c
			i, n = i+2, n+1
			continue
		}
		r, size := unescape(raw[i:])
		if size == 0 || utf8.RuneLen(r) < 0 || utf8.RuneLen(r) > len(dst)-n {
			return dst[:n], false
		}
		i, n = i+size, n+utf8.EncodeRune(dst[n:], r)
	}
	return dst[:n], true
}

// meant says for the second byte of an escape of two bytes what the escape stands for.
var meant = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape reads the escape of the form \u0041 with which raw begins, both halves of a
// surrogate pair, and returns how long it is; 0 if there is none.
func unescape(raw []byte) (r rune, n int) {
	r, n = hex4(raw)
	if 0xD800 <= r && r < 0xDC00 && n != 0 {
		low, m := hex4(raw[n:])
		if m == 0 || low < 0xDC00 || low > 0xDFFF {
			return 0, 0
		}
		return 0x10000 + (r-0xD800)<<10 + low - 0xDC00, n + m
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
