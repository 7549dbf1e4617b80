package relay

import (
	"slices"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// relayFrame returns the text frame of a message from the relay itself.
func relayFrame(typ string, body []byte) []byte {
	return appendDelivery(nil, protocol.RelayID, []byte(typ), body, nil)
}

// appendDelivery appends the text frame of a message from a peer. link is nil for a
// message without one.
func appendDelivery(dst []byte, from protocol.ID, typ, body, link []byte) []byte {
	const usual = 4 // header size of payloads from 126 to 65,535 bytes (RFC 6455, section 5.2)
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = protocol.AppendDeliveryV1(dst, from, typ, body, link)

	var header [frame.MaxHeader]byte
	n := frame.PutHeader(header[:], frame.Text, len(dst)-start-usual)
	return slices.Replace(dst, start, start+usual, header[:n]...)
}
