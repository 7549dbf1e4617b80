package relay_test

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
	"io"
)

// First bytes of frames: opcode, and the bit that ends a message (RFC 6455, section 5.2).
const (
	moreText, moreBinary, more       = 0x01, 0x02, 0x00
	text, bytesFrame, last           = 0x81, 0x82, 0x80
	closeFrame, pingFrame, pongFrame = 0x88, 0x89, 0x8a
)

// masked is a frame of a client's, its length in as few bytes as may be.
func masked(first byte, payload string) string {
	header := []byte{first}
	switch n := len(payload); {
	case n < 126:
		header = append(header, 0x80|byte(n))
	case n <= 0xffff:
		header = binary.BigEndian.AppendUint16(append(header, 0x80|126), uint16(n))
	default:
		header = binary.BigEndian.AppendUint64(append(header, 0x80|127), uint64(n))
	}
	key := [4]byte{0xa1, 0x34, 0xd6, 0x78}
	frame := append(append(make([]byte, 0, 14+len(payload)), header...), key[:]...)
	frame = frame[:len(frame)+len(payload)]
	masks := bytes.Repeat(key[:], len(payload)/4+1)
	subtle.XORBytes(frame[len(frame)-len(payload):], []byte(payload), masks)
	return string(frame)
}

// closing is a close frame with a code, or an empty one for 0.
func closing(code uint16, reason string) string {
	if code == 0 {
		return masked(closeFrame, "")
	}
	return masked(closeFrame, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// fragments is a message in frames of so many bytes.
func fragments(first byte, payload string, size int) []string {
	var frames []string
	for ; len(payload) > size; payload, first = payload[size:], more {
		frames = append(frames, masked(first, payload[:size]))
	}
	return append(frames, masked(first|last, payload))
}

// chopped is bytes in writes of so many.
func chopped(s string, size int) []string {
	var chops []string
	for ; len(s) > size; s = s[size:] {
		chops = append(chops, s[:size])
	}
	return append(chops, s)
}

// A wireFrame is what came from the relay: a frame, or the error that ended it.
type wireFrame struct {
	first   byte
	masked  bool
	payload []byte
	err     error
}

func (p *wire) frame() (f wireFrame) {
	var header [8]byte
	if _, f.err = io.ReadFull(p.read, header[:2]); f.err != nil {
		return f
	}
	f.first, f.masked = header[0], header[1]&0x80 != 0
	length := uint64(header[1] & 0x7f)
	if more := map[uint64]int{126: 2, 127: 8}[length]; more > 0 {
		clear(header[:])
		if _, f.err = io.ReadFull(p.read, header[8-more:]); f.err != nil {
			return f
		}
		length = binary.BigEndian.Uint64(header[:])
	}
	f.payload = make([]byte, length)
	_, f.err = io.ReadFull(p.read, f.payload)
	return f
}
