package link

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// The texts of messages in parts, to be repeated: what one byte of them costs differs.
var texts = map[string]string{
	"base64":   "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24s",
	"records":  `{"id":12345,"name":"sensor 7","ok":true,"values":[1.25,-3,7e9]},`,
	"indented": "{\n\t\"id\": 12345,\n\t\"text\": \"a line\\nand a \\\"quote\\\"\"\n},",
	"cyrillic": `"Съешь же ещё этих мягких французских булок, да выпей чаю",`,
	"escapes":  "\"\"\\\\\n\r\t\"\"",
	"control":  "\x00\x01\x1f\b\f",
}

func repeated(text string, n int) []byte { return []byte(strings.Repeat(text, n/len(text)+1)) }

// cutBytewise is cutPart without words.
func cutBytewise(data []byte, from int) (end, encoded int) {
	end, encoded = from, 2
	for end < len(data) {
		_, n := utf8.DecodeRune(data[end:])
		size := n
		if data[end] < utf8.RuneSelf {
			size = escaped(data[end])
		}
		if encoded+size > partSize {
			break
		}
		end, encoded = end+n, encoded+size
	}
	return end, encoded
}

// textBytewise is appendText without words.
func textBytewise(text []byte) []byte {
	out := []byte{'"'}
	for _, c := range text {
		switch escaped(c) {
		case 1:
			out = append(out, c)
		case 2:
			out = append(out, '\\', letter(c))
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return append(out, '"')
}

// partBytewise is appendPart without words.
func partBytewise(dst, raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return dst, false
	}
	for raw = raw[1 : len(raw)-1]; len(raw) > 0; {
		text, n := raw[:1], 1
		if raw[0] == '\\' && len(raw) > 1 && raw[1] != 'u' {
			text, n = nil, 2
			if c := meant[raw[1]]; c != 0 {
				text = []byte{c}
			}
		} else if raw[0] == '\\' {
			var r rune
			if r, n = unescape(raw); n > 0 && utf8.RuneLen(r) > 0 {
				text = utf8.AppendRune(nil, r)
			} else {
				text = nil
			}
		}
		if len(text) == 0 || len(text) > cap(dst)-len(dst) {
			return dst, false
		}
		dst, raw = append(dst, text...), raw[n:]
	}
	return dst, true
}

// sameParts fails unless data is cut, escaped and put together as without words.
func sameParts(t *testing.T, data []byte) {
	t.Helper()
	for from := 0; from < len(data); {
		end, encoded := cutPart(data, from)
		wantEnd, wantEncoded := cutBytewise(data, from)
		require.Equal(t, [2]int{wantEnd, wantEncoded}, [2]int{end, encoded}, "the end of the part from %d, and its length", from)
		require.Greater(t, end, from)
		raw := appendText(nil, data[from:end])
		require.Len(t, raw, encoded)
		require.Equal(t, textBytewise(data[from:end]), raw)
		require.NoError(t, protocol.Valid(raw))
		again, ok := appendPart(make([]byte, 0, end-from), raw)
		require.True(t, ok)
		require.Equal(t, data[from:end], again)
		_, ok = appendPart(make([]byte, 0, end-from-1), raw)
		require.False(t, ok, "more than there is space for")
		from = end
	}
}

func TestPartsAreTheSameByteByByte(t *testing.T) {
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			for shift := range 9 {
				sameParts(t, append([]byte("12345678"[:min(shift, 8)]), repeated(text, 100_000+shift)...))
			}
		})
	}
	for c := range utf8.RuneSelf { // each in each place of a word
		for place := range 9 {
			sameParts(t, []byte(strings.Repeat("a", place)+string(rune(c))+strings.Repeat("é", 6)))
		}
	}
	for _, c := range "\x00\n\x1f \"\\\x7fé€😀" { // each at the end of a part
		for place := range 64 {
			sameParts(t, []byte(strings.Repeat("a", partSize-place)+strings.Repeat(string(c), 16)))
		}
	}
}

func FuzzParts(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text), uint16(20))
		f.Add([]byte(text), uint16(2000))
	}
	f.Add([]byte(`"\ud83d\ude00\ud83d"\u00`), uint16(1))
	f.Fuzz(func(t *testing.T, text []byte, times uint16) {
		raw := append(append([]byte{'"'}, text...), '"')
		for _, space := range []int{0, len(text) / 2, len(text), len(text) + 8} {
			got, ok := appendPart(make([]byte, 0, space), raw)
			want, wantOK := partBytewise(make([]byte, 0, space), raw)
			require.Equal(t, wantOK, ok)
			if ok {
				require.Equal(t, want, got)
			}
		}
		require.Equal(t, textBytewise(text), appendText([]byte{}, text))
		if utf8.Valid(text) && len(text) > 0 { // as every JSON text is
			sameParts(t, repeated(string(text), min(int(times)*len(text), partSize+100)))
		}
	})
}

func BenchmarkCut(b *testing.B) {
	for name, text := range texts {
		data := repeated(text, partSize)
		b.Run(name, func(b *testing.B) {
			end, _ := cutPart(data, 0)
			b.SetBytes(int64(end))
			for b.Loop() {
				cutPart(data, 0)
			}
		})
	}
}

func BenchmarkEscape(b *testing.B) {
	for name, text := range texts {
		data := repeated(text, partSize)
		end, _ := cutPart(data, 0)
		var dst []byte
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(end))
			b.ReportAllocs()
			for b.Loop() {
				dst = appendText(dst[:0], data[:end])
			}
		})
	}
}

func BenchmarkUnescape(b *testing.B) {
	for name, text := range texts {
		data := repeated(text, partSize)
		end, _ := cutPart(data, 0)
		raw, dst := appendText(nil, data[:end]), make([]byte, 0, end)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(end))
			b.ReportAllocs()
			for b.Loop() {
				appendPart(dst[:0], raw)
			}
		})
	}
}
