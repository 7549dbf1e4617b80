//go:build linux

package main

import (
	"bytes"
	"fmt"

	"github.com/sebas642/intercessor/protocol"
)

// The key and its answer are the example of RFC 6455, section 1.3.
const (
	handshakeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	handshakeAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// handshake is the request for one of the relay's endpoints, as /server.
func (t *target) handshake(path string) []byte {
	subprotocol := ""
	if t.v1 {
		subprotocol = "\r\nSec-WebSocket-Protocol: " + protocol.SubprotocolV1
	}
	return []byte("GET " + t.prefix + path + " HTTP/1.1\r\nHost: " + t.host + subprotocol +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + handshakeKey + "\r\n\r\n")
}

// acceptedAfter gives the length of a relay's answer that accepts the
// handshake, and 0 when b does not hold all of it.
func acceptedAfter(b []byte) (int, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, nil
	}
	if first, _, _ := bytes.Cut(b, []byte("\r\n")); !bytes.HasPrefix(first, []byte("HTTP/1.1 101 ")) {
		return 0, fmt.Errorf("the handshake was answered with %.100q: is this a relay?", first)
	}
	if !bytes.Contains(b[:end], []byte(handshakeAccept)) {
		return 0, fmt.Errorf("the answer to the handshake has the wrong Sec-WebSocket-Accept")
	}
	return end + 4, nil
}

// helloID takes the peer's own ID from its first message.
func helloID(delivery []byte) (protocol.ID, error) {
	d, err := protocol.ParseDelivery(delivery)
	if err != nil || string(d.From) != string(protocol.RelayID) || string(d.Type) != protocol.TypeHello {
		return "", fmt.Errorf("the first message was not HELLO but %.200q", delivery)
	}
	hello, err := protocol.ParseHello(d.Message)
	if err != nil {
		return "", fmt.Errorf("HELLO is not as the protocol says: %w", err)
	}
	return hello.ID, nil
}
