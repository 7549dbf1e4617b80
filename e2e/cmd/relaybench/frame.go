//go:build linux

package main

import (
	"encoding/binary"
	"fmt"

	"github.com/sebas642/intercessor/protocol"
)

// Opcodes of RFC 6455, section 5.2.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xa
)

// maskKey is the same for every frame, so that frames can be encoded beforehand,
// and not zero, so that the relay has to unmask them.
var maskKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// appendFrame appends a whole masked frame.
func appendFrame(dst []byte, opcode byte, payload []byte) []byte {
	dst = append(dst, 0x80|opcode)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = append(dst, 0x80|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, 0x80|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	dst = append(dst, maskKey[:]...)
	for i, c := range payload {
		dst = append(dst, c^maskKey[i%4])
	}
	return dst
}

// cutFrame looks at the frame that b begins with; its size is 0 when b does not
// hold all of it. The payload of a masked frame, which comes through the
// forwarder, stays masked.
func cutFrame(b []byte) (opcode byte, payload []byte, size int, err error) {
	if len(b) < 2 {
		return 0, nil, 0, nil
	}
	begin, length := 2, uint64(b[1]&0x7f)
	switch length {
	case 126:
		if begin = 4; len(b) < begin {
			return 0, nil, 0, nil
		}
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if begin = 10; len(b) < begin {
			return 0, nil, 0, nil
		}
		length = binary.BigEndian.Uint64(b[2:])
	}
	if length > protocol.MaxDelivery {
		return 0, nil, 0, fmt.Errorf("a frame of %d bytes came, and no relay sends more than %d", length, protocol.MaxDelivery)
	}
	if b[1]&0x80 != 0 {
		begin += len(maskKey)
	}
	if size = begin + int(length); len(b) < size {
		return 0, nil, 0, nil
	}
	return b[0] & 0xf, b[begin:size], size, nil
}

// copies is one frame several times over, so that one write sends many.
type copies struct {
	bytes []byte
	size  int // of one
}

// copiesOf repeats the text frame of a message, within reason.
func copiesOf(message []byte, times int) copies {
	frame := appendFrame(nil, opText, message)
	c := copies{size: len(frame)}
	for range max(1, min(times, 256<<10/len(frame))) {
		c.bytes = append(c.bytes, frame...)
	}
	return c
}
