package frame

import (
	"encoding/binary"
	"math/bits"
)

// A UTF8 validates the bytes of a text message as they come, in any pieces, and reports
// as soon as possible that they are not UTF-8 (RFC 3629). Its zero value
// is at the first byte.
type UTF8 struct {
	owed      uint8 // missing bytes of the current character
	low, high byte  // the range of the next of them
}

// Follow checks the next bytes, which are still masked; a key of 0 means no mask. It
// returns false at a byte with which UTF-8 cannot continue.
func (t *UTF8) Follow(p []byte, key uint32) bool {
	const tops = 0x8080808080808080
	wide := uint64(key)<<32 | uint64(key)
	for len(p) > 0 {
		if t.owed == 0 && len(p) >= 8 && (binary.LittleEndian.Uint64(p)^wide)&tops == 0 {
			p = p[8:] // all ASCII, and the key stays in step
			continue
		}
		if !t.next(p[0] ^ byte(wide)) {
			return false
		}
		p, wide = p[1:], bits.RotateLeft64(wide, -8)
	}
	return true
}

// next is a row of the table in RFC 3629, section 4: what may follow a first byte.
func (t *UTF8) next(c byte) bool {
	if t.owed > 0 {
		right := t.low <= c && c <= t.high
		t.owed, t.low, t.high = t.owed-1, 0x80, 0xbf
		return right
	}
	t.low, t.high = 0x80, 0xbf
	switch {
	case c < 0x80:
	case c < 0xc2 || c > 0xf4:
		return false
	case c < 0xe0:
		t.owed = 1
	case c < 0xf0:
		t.owed = 2
	default:
		t.owed = 3
	}
	switch c {
	case 0xe0:
		t.low = 0xa0 // below it is overlong
	case 0xed:
		t.high = 0x9f // above it are surrogates
	case 0xf0:
		t.low = 0x90
	case 0xf4:
		t.high = 0x8f // above it is nothing
	}
	return true
}
