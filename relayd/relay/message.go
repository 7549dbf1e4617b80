package relay

import (
	"slices"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// A batch is what one read has brought. Messages for one receiver that came together leave
// together. It is borrowed for the read, so that an idle peer owns none.
type batch struct {
	out    []byte // frames for one receiver; `to` is nil while there are none
	to     *session
	frames int
	news   bool // the receiver is to be told of the sender first

	read, readBytes int       // messages that have come
	began           time.Time // if this read is measured
}

var batches = sync.Pool{New: func() any {
	return &batch{out: make([]byte, 0, frame.MaxHeader+protocol.MaxDelivery)}
}}

// endBatch sends what the read has brought, and counts it.
func (s *session) endBatch() {
	b := s.batch
	if b == nil {
		return
	}
	s.flush(b)
	s.moved.received(b)
	s.measured(b.began)
	s.batch = nil
	*b = batch{out: b.out}
	batches.Put(b)
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
