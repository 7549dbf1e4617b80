package wsconn

import (
	"errors"
	"math/bits"
	"slices"

	"github.com/sebas642/intercessor/relayd/frame"
)

// look handles the whole frames at the beginning of b and returns their length.
func (c *Conn) look(b []byte, got *Amount) (consumed int, err error) {
	c.heard.Store(c.group.Now())
	more := true
	ended := false // the message that was unfinished before
	for more {
		h, n, err := frame.Parse(b[consumed:])
		if err == nil && n > 0 {
			err = c.expect(h)
		}
		if err != nil {
			return consumed, err
		}
		if n == 0 {
			break
		}
		end := consumed + n + int(h.Length)
		if len(b) < end {
			if err := c.takePart(h, b[consumed+n:]); err != nil {
				return consumed, err
			}
			break
		}
		payload := b[consumed+n : end]
		frame.Unmask(payload, h.Key)
		consumed = end
		got.Frames++
		got.Bytes += len(payload)
		if more, err = c.take(h, payload); err != nil {
			return consumed, err
		}
		ended = ended || c.in.fragments == nil
	}
	c.in.looked = more
	if ended {
		c.began.Store(0)
	}
	if (consumed < len(b) || c.in.fragments != nil) && c.began.Load() == 0 {
		c.began.Store(c.group.Now())
	}
	return consumed, nil
}

// expect checks the header of a frame before its payload has come.
func (c *Conn) expect(h frame.Header) error {
	switch {
	case h.IsControl():
		return nil
	case h.Opcode == frame.Continuation && c.in.fragments == nil:
		return errNoBeginning
	case h.Opcode != frame.Continuation && c.in.fragments != nil:
		return errNoEnd
	case h.Opcode == frame.Binary && !c.group.Binary:
		return ErrBinary
	case int64(len(c.in.fragments))+h.Length > int64(c.group.MaxMessage):
		return ErrTooBig
	}
	return nil
}

var (
	errNoBeginning = errors.New("a continuation frame without a message")
	errNoEnd       = errors.New("a message begins before the previous one has ended")
)

// take handles one whole frame. It returns false for more if no further frame may be handled
// before Came.
func (c *Conn) take(h frame.Header, payload []byte) (more bool, err error) {
	in := &c.in
	switch h.Opcode {
	case frame.Ping, frame.Pong:
		return true, c.control(h.Opcode, payload)
	case frame.Close:
		code, err := frame.ParseClose(payload)
		if err != nil {
			return false, err
		}
		return false, errLeft(code)
	}
	followed := in.followed
	in.followed = 0
	if h.Final && in.fragments == nil {
		in.text = frame.UTF8{}
		return c.handler.Message(payload)
	}
	if in.fragments == nil {
		in.fragments = make([]byte, 0, max(len(payload), 512))
		in.binary = h.Opcode == frame.Binary
	}
	in.fragments = append(in.fragments, payload...)
	broken := !h.Final && !in.binary && !in.text.Follow(payload[followed:], 0)
	if !h.Final && !broken {
		return true, nil
	}
	more, err = c.handler.Message(in.fragments)
	if broken && err == nil {
		err = ErrText
	}
	in.fragments, in.text = nil, frame.UTF8{}
	return more, err
}

// takePart validates the received part of an unfinished text frame, so that a text is refused
// as soon as it is not UTF-8.
func (c *Conn) takePart(h frame.Header, payload []byte) error {
	in := &c.in
	if h.IsControl() || h.Opcode == frame.Binary || h.Opcode == frame.Continuation && in.binary {
		return nil
	}
	fresh := payload[in.followed:]
	key := bits.RotateLeft32(h.Key, -8*int(in.followed))
	in.followed = uint32(len(payload))
	if in.text.Follow(fresh, key) {
		return nil
	}
	text := append(slices.Clone(in.fragments), payload...)
	frame.Unmask(text[len(in.fragments):], h.Key)
	if _, err := c.handler.Message(text); err != nil {
		return err
	}
	return ErrText
}

// control counts a ping or a pong, and answers a ping.
func (c *Conn) control(opcode byte, payload []byte) error {
	if c.controls.Add(1) > int32(c.group.ControlFrames) {
		return ErrFlood
	}
	if opcode == frame.Ping {
		_ = c.Send(frame.AppendControl(nil, frame.Pong, payload), 1, nil)
	}
	return nil
}
