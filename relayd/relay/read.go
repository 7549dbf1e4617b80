package relay

import (
	"errors"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// Came sends what a read has brought, and holds the peer's reads back where it must.
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

// Overloaded closes the session: of all unfinished messages, its is the oldest.
func (s *session) Overloaded() {
	s.close(protocol.CodeOverloaded, "this relay is full of unfinished messages, and yours was the oldest: come again later"+after(later()))
}

// ahead counts what a peer has sent, and returns for how long it is to be held back.
func (s *session) ahead(got wsconn.Amount) time.Duration {
	settings := s.relay.settings.Load()
	rates := &settings.pace
	if s.granted != nil {
		own := settings.Limits.pace(*s.granted)
		rates = &own
	}
	return s.pace.Take(rates, int64(got.Frames), int64(got.Bytes), s.relay.conns.Now(), s.relay.started)
}

// keepPace holds back the reads of a peer that sends more than it may, for as long as it is
// ahead. Its socket fills then, and whoever writes there waits: nothing is lost. Who is so
// far ahead that others would take it for dead meanwhile is closed. All its clocks run on:
// they bear a wait of HoldWithin.
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

var errPace = &protocol.Error{Code: protocol.CodeFlood, Reason: "far more frames or bytes at once than this relay takes of one peer in a second"}

// readFailed closes the session for what ended its reading. Where the relay has
// closed it already, and so ended the reading itself, that close stands.
func (s *session) readFailed(err error) {
	stalled := wsconn.End{Code: uint16(protocol.CodeTooSlow), Reason: "it takes nothing: cut without a close frame, which it would not take either"}
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
