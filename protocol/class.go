package protocol

// Classes of bytes, as bits of class. For single bytes the scanner needs one table lookup
// instead of a chain of comparisons.
const (
	classSpace  = 1 << iota // between tokens
	classPlain              // itself inside a string
	classDigit              // 0-9
	classHex                // 0-9 a-f A-F
	classEscape             // may follow a backslash, except u
	classID                 // allowed in an ID
)

var class = func() (t [256]uint8) {
	mark := func(bits uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= bits
		}
	}
	mark(classSpace, " \t\r\n")
	mark(classDigit|classHex|classID, "0123456789")
	mark(classHex, "abcdefABCDEF")
	mark(classEscape, `"\/bfnrt`)
	mark(classID, "abcdefghijklmnopqrstuvwxyz-")
	for c := 0x20; c < 0x80; c++ {
		if c != '"' && c != '\\' {
			t[c] |= classPlain
		}
	}
	return t
}()
