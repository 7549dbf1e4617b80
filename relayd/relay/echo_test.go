package relay

import (
	"bytes"
	"fmt"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// Echo has the relay send each message of up to so many bytes back to its sender, in
// place of what rooms do with it. All that is below a message, from the handshake to
// the closing handshake, is as ever. With binary, messages are taken to be binary,
// and sent back so; otherwise they are texts of any kind, not envelopes, but their
// characters are those of an envelope's string, which the production parser reads.
func (r *Relay) Echo(maxMessage int, binary bool) {
	r.binary = binary
	r.limitMessages(maxMessage)
	r.handle = func(s *session, _ *message, payload []byte) error {
		opcode := byte(frame.Binary)
		if !binary {
			opcode = frame.Text
			if _, err := protocol.ParseEnvelope(inEnvelope(payload)); err != nil {
				return err
			}
		}
		echo := make([]byte, frame.MaxHeader+len(payload))
		n := frame.PutHeader(echo, opcode, len(payload))
		echo = echo[:n+copy(echo[n:], payload)]
		return s.out.send(echo, 1, nil)
	}
}

// inEnvelope makes a text the message of an envelope. Only ASCII is escaped, so all
// that can be wrong in UTF-8 reaches the parser as it came.
func inEnvelope(text []byte) []byte {
	var envelope bytes.Buffer
	envelope.WriteString(`{"to":"nobody","type":"x","message":"`)
	for {
		n := bytes.IndexFunc(text, func(c rune) bool { return c < 0x20 || c == '"' || c == '\\' })
		if n < 0 {
			break
		}
		envelope.Write(text[:n])
		fmt.Fprintf(&envelope, `\u%04x`, text[n])
		text = text[n+1:]
	}
	envelope.Write(text)
	envelope.WriteString(`"}`)
	return envelope.Bytes()
}
