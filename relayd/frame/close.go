package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// AppendClose appends a close frame (RFC 6455, section 5.5.1), which has space
// for a reason of 123 bytes. A code of 0 makes it empty.
func AppendClose(dst []byte, code uint16, reason string) []byte {
	if code == 0 {
		return AppendControl(dst, Close, nil)
	}
	dst = append(dst, final|Close, byte(2+len(reason)))
	dst = binary.BigEndian.AppendUint16(dst, code)
	return append(dst, reason...)
}

// ParseClose returns the code in a close frame's payload, 0 if it is empty.
func ParseClose(payload []byte) (code uint16, err error) {
	switch {
	case len(payload) == 0:
		return 0, nil
	case len(payload) == 1:
		return 0, ErrClose
	}
	code = binary.BigEndian.Uint16(payload)
	if !mayBeSent(code) {
		return 0, ErrClose
	}
	if !utf8.Valid(payload[2:]) {
		return 0, ErrCloseText
	}
	return code, nil
}

// mayBeSent reports whether a code is allowed in a close frame (section 7.4 and the
// IANA registry).
func mayBeSent(code uint16) bool {
	switch {
	case 1000 <= code && code <= 1003, 1007 <= code && code <= 1014:
		return true
	}
	return 3000 <= code && code <= 4999
}
