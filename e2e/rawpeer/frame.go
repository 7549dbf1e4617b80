package rawpeer

import (
	"encoding/binary"
	"strings"
)

// CloseFrame makes a close frame without a reason.
func CloseFrame(code uint16) string {
	return Frame(true, OpClose, string([]byte{byte(code >> 8), byte(code)}))
}

// Opcodes of RFC 6455, section 5.2.
const (
	OpContinuation = 0x0
	OpText         = 0x1
	OpBinary       = 0x2
	OpClose        = 0x8
	OpPing         = 0x9
	OpPong         = 0xa
)

// HandshakeKey is the key of Handshake, that of RFC 6455, section 1.3.
const HandshakeKey = "dGhlIHNhbXBsZSBub25jZQ=="

// Handshake is a request for a WebSocket.
func Handshake(path string, headers ...string) string {
	lines := append([]string{
		"GET " + path + " HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + HandshakeKey,
	}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// Frame makes a masked frame, its length in as few bytes as may be.
func Frame(fin bool, opcode byte, payload string) string {
	first := opcode
	if fin {
		first |= 0x80
	}
	header := []byte{first}
	switch n := len(payload); {
	case n < 126:
		header = append(header, 0x80|byte(n))
	case n <= 0xffff:
		header = binary.BigEndian.AppendUint16(append(header, 0x80|126), uint16(n))
	default:
		header = binary.BigEndian.AppendUint64(append(header, 0x80|127), uint64(n))
	}
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	masked := append(header, key[:]...)
	for i := range len(payload) {
		masked = append(masked, payload[i]^key[i%4])
	}
	return string(masked)
}
