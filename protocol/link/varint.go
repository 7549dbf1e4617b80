package link

// maxNumber is what all numbers of a link stay below.
const maxNumber = 1 << 53

// mostVarint is the longest number in a binary message, in bytes.
const mostVarint = 8

// appendVarint appends a number as an unsigned LEB128 varint (F1).
func appendVarint(dst []byte, n uint64) []byte {
	for ; n >= 0x80; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}

// varintLen returns how many bytes a number takes.
func varintLen(n uint64) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

// cutVarint reads a number from the beginning of text, and returns what follows it.
func cutVarint(text []byte) (n uint64, rest []byte, ok bool) {
	for i, b := range text[:min(len(text), mostVarint)] {
		n |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return n, text[i+1:], true
		}
	}
	return 0, nil, false
}
