package link

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/sebas642/intercessor/protocol"
)

// The kinds of frames of a stream (S2).
const (
	kindOpen   = iota // the name
	kindData          // 1 to maxStreamData bytes
	kindEnd           // no more data comes
	kindCredit        // how much the other side may send in all
	kindAbort         // a code and a text: no more data comes, and what waits is dropped
	kindStop          // a code and a text: no more data is read
	kindDone          // the application has read to the end
)

// maxStreamData is how much data a frame has at most, in bytes.
const maxStreamData = 16 << 10

// maxStreamFrame is the longest body of a frame: the stream's number, the kind and the data.
const maxStreamFrame = mostVarint + 1 + maxStreamData

// streamFrame is what the body of a frame of sequence Streams says.
type streamFrame struct {
	id   uint64
	kind byte
	rest []byte // name, data or text
	n    uint64 // credit or code
}

// appendFrame appends the beginning of a body.
func appendFrame(dst []byte, id uint64, kind byte) []byte {
	return append(appendVarint(dst, id), kind)
}

// appendReason appends what abort and stop say.
func appendReason(dst []byte, e *StreamError) []byte {
	return append(appendVarint(dst, e.Code), e.Text...)
}

// prefix returns how long the beginning of a body of s is.
func (s *Stream) prefix() int { return varintLen(s.id) + 1 }

// parseStreamFrame returns what a body says. ok is false if it breaks a rule. The result holds
// slices of body.
func parseStreamFrame(body []byte) (f streamFrame, ok bool) {
	if f.id, body, ok = cutVarint(body); !ok || len(body) == 0 {
		return f, false
	}
	f.kind, f.rest = body[0], body[1:]
	switch f.kind {
	case kindOpen:
		return f, checkStreamName(string(f.rest)) == nil
	case kindData:
		return f, len(f.rest) > 0 && len(f.rest) <= maxStreamData
	case kindEnd, kindDone:
		return f, len(f.rest) == 0
	case kindCredit:
		f.n, f.rest, ok = cutVarint(f.rest)
		return f, ok && len(f.rest) == 0 && f.n < maxNumber
	case kindAbort, kindStop:
		f.n, f.rest, ok = cutVarint(f.rest)
		return f, ok && f.n < maxNumber && len(f.rest) <= MaxStreamText && utf8.Valid(f.rest)
	}
	return f, true
}

// reason returns what abort and stop say.
func (f *streamFrame) reason() *StreamError { return &StreamError{f.n, string(f.rest)} }

// appendBody appends the message of LINK_STREAM: the body as a string in base64.
func appendBody(dst, body []byte) []byte {
	dst = append(dst, '"')
	dst = appendBase64(dst, body)
	return append(dst, '"')
}

// parseBody returns the body from the message of LINK_STREAM.
func parseBody(message []byte) (body []byte, ok bool) {
	text := message
	if len(text) < 2 || text[0] != '"' || len(text) > 2*base64.StdEncoding.EncodedLen(maxStreamFrame) {
		return nil, false
	}
	text = text[1 : len(text)-1]
	if body, err := decodeBase64(text); err == nil {
		return body, fits(body, text)
	}
	unquoted, err := protocol.Unquote(message) // some encoders escape a slash
	if err != nil {
		return nil, false
	}
	body, err = decodeBase64([]byte(unquoted))
	return body, err == nil && fits(body, []byte(unquoted))
}

// fits reports whether a body is not too long, and its text has nothing that the decoder skips:
// breaks of lines.
func fits(body, text []byte) bool {
	return len(body) <= maxStreamFrame && base64.StdEncoding.EncodedLen(len(body)) == len(text)
}
