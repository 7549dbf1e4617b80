package relay

import (
	"math/bits"
	"slices"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// look handles what has come, and counts it.
func (s *session) look(m *message, b []byte) (consumed int, err error) {
	began := s.measure()
	consumed, err = s.frames(m, b)
	s.moved.received(m)
	s.measured(began)
	return consumed, err
}

// frames handles the whole frames at the beginning of b and gives their length.
func (s *session) frames(m *message, b []byte) (consumed int, err error) {
	s.heard.Store(s.relay.now.Load())
	ended := false // what was begun before
	for s.held == nil {
		h, n, err := frame.Parse(b[consumed:])
		if err == nil && n > 0 {
			err = s.expects(h)
		}
		if err != nil {
			s.flush(m) // what came before was right
			return consumed, err
		}
		if n == 0 {
			break
		}
		end := consumed + n + int(h.Length)
		if len(b) < end {
			if err := s.takePart(m, h, b[consumed+n:]); err != nil {
				s.flush(m)
				return consumed, err
			}
			break
		}
		payload := b[consumed+n : end]
		frame.Unmask(payload, h.Key)
		consumed = end
		s.pace.takes(len(payload))
		if err := s.take(m, h, payload); err != nil {
			s.flush(m)
			return consumed, err
		}
		ended = ended || s.fragments == nil
	}
	s.flush(m)
	if ended {
		s.began.Store(0)
	}
	if (consumed < len(b) || s.fragments != nil) && s.began.Load() == 0 {
		s.began.Store(s.relay.now.Load())
	}
	return consumed, nil
}

// expects says whether a frame may come now, as soon as its header has come.
func (s *session) expects(h frame.Header) error {
	switch {
	case h.IsControl():
		return nil
	case h.Opcode == frame.Continuation && s.fragments == nil:
		return errNoBeginning
	case h.Opcode != frame.Continuation && s.fragments != nil:
		return errNoEnd
	case h.Opcode == frame.Binary && !s.relay.binary:
		return errBinary
	case int64(len(s.fragments))+h.Length > s.relay.maxMessage:
		return errTooBig
	}
	return nil
}

// take handles one frame.
func (s *session) take(m *message, h frame.Header, payload []byte) error {
	switch h.Opcode {
	case frame.Ping, frame.Pong:
		return s.control(h.Opcode, payload)
	case frame.Close:
		code, err := frame.ParseClose(payload)
		if err != nil {
			return err
		}
		return errLeft(code)
	}
	followed := s.followed
	s.followed = 0
	if h.Final && s.fragments == nil {
		s.text = frame.UTF8{}
		return s.relay.handle(s, m, payload)
	}
	if s.fragments == nil {
		s.fragments = make([]byte, 0, max(len(payload), 512))
	}
	s.fragments = append(s.fragments, payload...)
	if !h.Final && (s.relay.binary || s.text.Follow(payload[followed:], 0)) {
		return nil
	}
	err := s.relay.handle(s, m, s.fragments) // of a text that is no UTF-8, it says why
	s.fragments, s.text = nil, frame.UTF8{}
	return err
}

// takePart looks at the text of a frame whose end has not come. What can be seen to be
// no UTF-8 is refused at once, with the code that the whole would have had: a text is
// read from its first byte on (B37).
func (s *session) takePart(m *message, h frame.Header, payload []byte) error {
	if h.IsControl() || s.relay.binary {
		return nil
	}
	fresh := payload[s.followed:]
	key := bits.RotateLeft32(h.Key, -8*int(s.followed))
	s.followed = uint32(len(payload))
	if s.text.Follow(fresh, key) {
		return nil
	}
	text := append(slices.Clone(s.fragments), payload...)
	frame.Unmask(text[len(s.fragments):], h.Key)
	return s.relay.handle(s, m, text)
}

// control counts a ping or a pong, and answers a ping (B23, B24).
func (s *session) control(opcode byte, payload []byte) error {
	if s.controls.Add(1) > protocol.MaxControlRate {
		return errFlood
	}
	if opcode == frame.Ping {
		_ = s.out.send(frame.AppendControl(nil, frame.Pong, payload), 1, nil)
	}
	return nil
}

// What a peer is closed for that only its frames show.
var (
	errTooBig      = &protocol.Error{Code: protocol.CodeTooBig, Reason: "a message must not be longer than 64 KiB"}
	errBinary      = &protocol.Error{Code: protocol.CodeBinary, Reason: "a message must be a text frame: bytes travel as base64 in JSON"}
	errFlood       = &protocol.Error{Code: protocol.CodeFlood, Reason: "more than 100 control frames in a second"}
	errNoBeginning = &protocol.Error{Code: protocol.CodeProtocolError, Reason: "RFC 6455: a continuation frame continues no message"}
	errNoEnd       = &protocol.Error{Code: protocol.CodeProtocolError, Reason: "RFC 6455: a message begins before the one before it has ended"}
)
