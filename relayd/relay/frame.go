package relay

import (
	"encoding/binary"
	"sync"

	"github.com/sebas642/intercessor/protocol"
)

// A message is the memory of one message on its way through the relay: read
// into `in`, written anew into `out`. It is borrowed when the first frame of a
// message has arrived and given back when the message has left or waits in an
// outbox, so an idle peer owns none of it.
type message struct {
	in  [protocol.MaxMessage + 1]byte // one more, to see that a message is too long
	out [maxHeader + protocol.MaxDelivery]byte
}

var messages = sync.Pool{New: func() any { return new(message) }}

// Opcodes and the bit that says "last frame of its message" (RFC 6455, section 5.2).
const (
	final   = 0x80
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
)

// maxHeader is the length of the longest frame header that a server sends: no mask.
const maxHeader = 10

// appendDelivery appends a text frame around what `from` sent. The relay writes
// its frames itself, because only whole frames in its own outbox can be queued,
// counted and, when a peer is cut, left out without breaking the stream.
func appendDelivery(dst []byte, from protocol.ID, typ, body []byte) []byte {
	start := len(dst)
	var header [maxHeader]byte
	dst = append(dst, header[:]...)
	dst = protocol.AppendDelivery(dst, from, typ, body)

	payload := len(dst) - start - maxHeader
	n := putHeader(header[:], opText, payload)
	copy(dst[start+maxHeader-n:], header[:n])
	return dst[start+maxHeader-n:]
}

// putHeader writes the header of an unfragmented frame and gives its length.
func putHeader(header []byte, opcode byte, payload int) int {
	header[0] = final | opcode
	switch {
	case payload < 126:
		header[1] = byte(payload)
		return 2
	case payload <= 0xffff:
		header[1] = 126
		binary.BigEndian.PutUint16(header[2:], uint16(payload))
		return 4
	default:
		header[1] = 127
		binary.BigEndian.PutUint64(header[2:], uint64(payload))
		return 10
	}
}

var pingFrame = []byte{final | opPing, 0}

// closeFrame makes a close frame (RFC 6455, section 5.5.1). The reasons of this
// package and of protocol.Error keep below the 123 bytes that fit.
func closeFrame(code protocol.Code, reason string) []byte {
	payload := 2 + len(reason)
	frame := make([]byte, 0, 2+payload)
	frame = append(frame, final|opClose, byte(payload))
	frame = binary.BigEndian.AppendUint16(frame, uint16(code))
	return append(frame, reason...)
}
