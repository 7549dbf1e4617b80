package relay

import (
	"slices"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// relayFrame makes a message of the relay's own.
func relayFrame(typ string, body []byte) []byte {
	return appendDelivery(nil, protocol.RelayID, []byte(typ), body, nil)
}

// appendDelivery appends a text frame around what `from` sent; link is nil where
// there is none.
func appendDelivery(dst []byte, from protocol.ID, typ, body, link []byte) []byte {
	const usual = 4 // bytes of a header for 126 to 65,535
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = protocol.AppendDeliveryV1(dst, from, typ, body, link)

	var header [frame.MaxHeader]byte
	n := frame.PutHeader(header[:], frame.Text, len(dst)-start-usual)
	return slices.Replace(dst, start, start+usual, header[:n]...)
}
