package link

import "github.com/sebas642/intercessor/protocol"

// Frame is a message for the other side. It refers to memory of the link: encode it
// before the next call of the link.
type Frame struct {
	Type   string
	Header Header

	data []byte // a part's raw bytes, a whole message, the body of a stream's frame, or nil for null
	part bool
	body bool
}

// Kind returns of which kind the frame is.
func (f *Frame) Kind() Kinds {
	switch {
	case f.Header.N[Streams] > 0:
		return StreamFrames
	case f.Header.N[Data] > 0:
		return Messages
	}
	return Urgent
}

// AppendMessage appends the message of f, one JSON value, to dst and returns the
// result.
func (f *Frame) AppendMessage(dst []byte) []byte {
	switch {
	case f.data == nil:
		return append(dst, "null"...)
	case f.part:
		return appendText(dst, f.data)
	case f.body:
		return appendBody(dst, f.data)
	}
	return append(dst, f.data...)
}

// AppendLink appends the value of the field "link" to dst and returns the result.
func (f *Frame) AppendLink(dst []byte) []byte { return AppendHeader(dst, &f.Header) }

// Append appends to dst the whole envelope with which a peer sends f to the peer
// named to, and returns the result: as [protocol.AppendEnvelopeV1], whose rules
// hold. It is never longer than protocol.MaxMessage.
func (f *Frame) Append(dst []byte, to protocol.ID) []byte {
	dst = append(dst, `{"to":"`...)
	dst = append(dst, to...)
	return f.appendRest(append(dst, `",`...))
}

// AppendDirect is Append for the direct path, where there is no receiver to name (F1). It also
// returns whether the result is a text message; otherwise it is a binary one.
func (f *Frame) AppendDirect(dst []byte) (message []byte, text bool) {
	if f.body {
		dst = appendVarint(append(dst, byteStream), f.Header.N[Streams])
		return append(dst, f.data...), false
	}
	return f.appendRest(append(dst, '{')), true
}

func (f *Frame) appendRest(dst []byte) []byte {
	dst = append(dst, `"type":`...)
	dst = protocol.AppendString(dst, f.Type)
	dst = append(dst, `,"message":`...)
	dst = f.AppendMessage(dst)
	dst = append(dst, `,"link":`...)
	dst = f.AppendLink(dst)
	return append(dst, '}')
}
