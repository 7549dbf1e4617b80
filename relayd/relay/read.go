package relay

import (
	"errors"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// Came sends the messages of one read. It blocks while messages are held back for a slow
// server, and while the peer exceeds its rate.
func (s *session) Came(got wsconn.Amount, err error) error {
	s.endBatch()
	if s.held != nil {
		s.hold()
	}
	if err == nil {
		err = s.keepPace(got)
	}
	return err
}

// Overloaded closes the session, which has the oldest of all unfinished messages.
func (s *session) Overloaded() {
	s.close(protocol.CodeOverloaded, "this relay holds too many unfinished messages, and yours is the oldest: try again later"+after(retryAfter()))
}

// ahead counts what a peer has sent, and returns how long to stop reading from it.
func (s *session) ahead(got wsconn.Amount) time.Duration {
	settings := s.relay.settings.Load()
	rates := &settings.pace
	if s.granted != nil {
		own := settings.Limits.pace(*s.granted)
		rates = &own
	}
	amount := quota.Amount{Frames: got.Frames, Bytes: got.Bytes, Streams: s.streamed}
	s.streamed = 0
	return s.pace.Take(rates, amount, s.relay.conns.Now(), s.relay.started)
}

// keepPace blocks while a peer exceeds its rate (B54). The peer's socket fills, so the peer
// itself waits and nothing is lost. A wait longer than HoldWithin fails with errPace,
// because the peer would seem dead to others. The timeouts of the connection keep running.
func (s *session) keepPace(got wsconn.Amount) error {
	wait := s.ahead(got)
	switch {
	case wait == 0:
		return nil
	case wait > s.relay.config.HoldWithin:
		return errPace
	}
	s.relay.countHeld()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.conn.Closing():
	}
	return nil
}

var errPace = &protocol.Error{Code: protocol.CodeFlood, Reason: "far more frames or bytes at once than this relay accepts from one peer in a second"}

// readFailed closes the session with the code for an error of Read. A session that the relay
// has closed keeps that code.
func (s *session) readFailed(err error) {
	stalled := wsconn.End{Code: uint16(protocol.CodeTooSlow), Reason: "the peer does not read: cut without a close frame, which it would not read either"}
	err = s.conn.Fail(err, stalled)
	var refused *protocol.Error
	switch {
	case err == nil:
	case errors.Is(err, wsconn.ErrStalled):
		s.relay.countClose(protocol.CodeTooSlow)
	case errors.As(err, &refused):
		s.close(refused.Code, refused.Reason)
	case errors.Is(err, wsconn.ErrTooBig):
		s.close(protocol.CodeTooBig, "a message must not be longer than 64 KiB")
	case errors.Is(err, wsconn.ErrBinary):
		s.close(protocol.CodeBinary, "a message must be a text frame: bytes travel as base64 in JSON")
	case errors.Is(err, wsconn.ErrFlood):
		s.close(protocol.CodeFlood, "more than 100 control frames in a second")
	case errors.Is(err, frame.ErrCloseText), errors.Is(err, wsconn.ErrText):
		s.close(protocol.CodeInvalidText, err.Error())
	default:
		s.close(protocol.CodeProtocolError, "RFC 6455: "+err.Error())
	}
}
