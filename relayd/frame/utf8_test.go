package frame_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"unicode/utf8"

	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/stretchr/testify/require"
)

// canGoOn says of a text, by the standard library, whether some UTF-8 begins so.
func canGoOn(text []byte) bool {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(text)
		}
		text = text[n:]
	}
	return true
}

// TestEveryBeginningOfACharacter: all that up to three bytes can be, and a fourth at
// its edges, are told apart as the standard library does.
func TestEveryBeginningOfACharacter(t *testing.T) {
	edges := []byte{0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff}
	for first := range 256 {
		for second := range 256 {
			for _, third := range edges {
				for _, fourth := range edges {
					text := []byte{byte(first), byte(second), third, fourth}
					for n := 1; n <= 4; n++ {
						if got := new(frame.UTF8).Follow(text[:n], 0); got != canGoOn(text[:n]) {
							t.Fatalf("%x: %v", text[:n], got)
						}
					}
				}
			}
		}
	}
}

// FuzzUTF8: it does not matter in which two pieces a text comes, nor with which mask.
func FuzzUTF8(f *testing.F) {
	f.Add([]byte("κόσμε, and then some more ASCII 𤭢"), uint8(3), uint32(0x12345678))
	f.Add([]byte("edited edited \xed\xa0\x80 edited"), uint8(15), uint32(0xa1b2c3d4))
	f.Add([]byte("twenty-one bytes \xf4\x90\x80\x80"), uint8(18), uint32(0))
	for _, wrong := range []string{"\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xc1\xbf", "\xf5\x80\x80\x80", "\x80", "\xe2\x82x"} {
		f.Add([]byte(wrong), uint8(1), uint32(0x12345678))
	}
	f.Fuzz(func(t *testing.T, text []byte, cut uint8, key uint32) {
		want := canGoOn(text)
		masked := bytes.Clone(text)
		for i := range masked {
			masked[i] ^= binary.LittleEndian.AppendUint32(nil, key)[i%4]
		}
		n := min(int(cut), len(text))
		var follow frame.UTF8
		got := follow.Follow(masked[:n], key) && follow.Follow(text[n:], 0)
		require.Equal(t, want, got, "%x cut at %d", text, n)
	})
}

func BenchmarkUTF8(b *testing.B) {
	p := bytes.Repeat([]byte("x"), 16000)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		new(frame.UTF8).Follow(p, 0)
	}
}
