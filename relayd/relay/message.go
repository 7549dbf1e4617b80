package relay

import (
	"slices"
	"sync"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// A message is the memory of what is on its way through the relay: bytes are
// read into `in`, and frames written anew into `out`. Both are borrowed while
// something is on its way, so an idle peer whose connection is a plain socket
// owns neither.
type message struct {
	in [16 << 10]byte

	// Frames that one receiver gets in one piece: what came together leaves
	// together. All nil and 0 while there are none.
	out    *[]byte
	to     *session
	frames int
	news   bool // the receiver is to be told of the sender first

	read, readBytes int // messages that have come, and are not counted yet
}

var (
	messages = sync.Pool{New: func() any { return new(message) }}
	outs     = sync.Pool{New: func() any {
		b := make([]byte, 0, frame.MaxHeader+protocol.MaxDelivery)
		return &b
	}}
)

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
