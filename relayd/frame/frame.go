// Package frame implements the framing of WebSocket (RFC 6455) for the side that
// accepts connections: frames are read in place, in memory of the
// caller, and nothing is allocated for a message. It has no extensions.
package frame

import (
	"encoding/binary"
	"errors"
)

// Opcodes (RFC 6455, section 5.2).
const (
	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
	Ping         = 0x9
	Pong         = 0xa
)

const (
	final    = 0x80
	reserved = 0x70
	masked   = 0x80

	// MaxHeader is the length of the longest header that this side writes: without a mask.
	MaxHeader = 10

	// maxControl is the longest payload of a control frame (section 5.5).
	maxControl = 125
)

// The errors of a frame. Each is a sentence for a close frame's reason.
var (
	ErrReserved  = errors.New("a reserved bit is set, and no extension was negotiated")
	ErrOpcode    = errors.New("the frame has a reserved opcode")
	ErrUnmasked  = errors.New("a client must mask its frames")
	ErrLength    = errors.New("the length of the frame is not encoded in the shortest way, or is negative")
	ErrControl   = errors.New("a control frame must be whole and at most 125 bytes long")
	ErrClose     = errors.New("the close frame has a code that must not be sent, or half of one")
	ErrCloseText = errors.New("the reason of the close frame is not UTF-8")
)

// Header is the header of a frame that a client sent.
type Header struct {
	Final  bool
	Opcode byte
	Length int64 // of the payload
	Key    uint32
}

// IsControl reports whether the frame is a close, a ping or a pong.
func (h Header) IsControl() bool { return h.Opcode >= Close }

// Parse reads the header at the beginning of b and returns its length, 0 if b does
// not hold all of it. It refuses what section 5 forbids a client as soon as
// it is known.
func Parse(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Final, h.Opcode, h.Length = b[0]&final != 0, b[0]&0x0f, int64(b[1]&^masked)
	switch {
	case b[0]&reserved != 0:
		return h, 0, ErrReserved
	case h.Opcode > Binary && h.Opcode < Close || h.Opcode > Pong:
		return h, 0, ErrOpcode
	case b[1]&masked == 0:
		return h, 0, ErrUnmasked
	case h.IsControl() && (!h.Final || h.Length > maxControl):
		return h, 0, ErrControl
	}
	n = 2
	switch h.Length {
	case 126:
		if len(b) < 4 {
			return h, 0, nil
		}
		h.Length, n = int64(binary.BigEndian.Uint16(b[2:])), 4
		if h.Length < 126 {
			return h, 0, ErrLength
		}
	case 127:
		if len(b) < 10 {
			return h, 0, nil
		}
		h.Length, n = int64(binary.BigEndian.Uint64(b[2:])), 10
		if h.Length <= 0xffff { // or negative
			return h, 0, ErrLength
		}
	}
	if len(b) < n+4 {
		return h, 0, nil
	}
	h.Key = binary.LittleEndian.Uint32(b[n:])
	return h, n + 4, nil
}

// PutHeader writes the header of a whole, unmasked frame and returns its length.
// b must have space for MaxHeader bytes.
func PutHeader(b []byte, opcode byte, length int) int {
	b[0] = final | opcode
	switch {
	case length < 126:
		b[1] = byte(length)
		return 2
	case length <= 0xffff:
		b[1] = 126
		binary.BigEndian.PutUint16(b[2:], uint16(length))
		return 4
	default:
		b[1] = 127
		binary.BigEndian.PutUint64(b[2:], uint64(length))
		return 10
	}
}

// AppendControl appends a control frame; the payload is at most 125 bytes long.
func AppendControl(dst []byte, opcode byte, payload []byte) []byte {
	dst = append(dst, final|opcode, byte(len(payload)))
	return append(dst, payload...)
}
