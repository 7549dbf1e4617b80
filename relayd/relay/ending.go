package relay

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

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

// close ends the session with a code and a reason: every close that the relay
// decides on comes through here and is counted here. Any goroutine may call it,
// whatever locks it holds; the first call counts. The session's own goroutine does
// the rest, the log among it: who reads the log may be slow.
func (s *session) close(code protocol.Code, reason string) { s.closeWith(code, reason, nil) }

// closeWith is close for one of several clients, about which the log has one line.
func (s *session) closeWith(code protocol.Code, reason string, others *together) {
	// Who does not read would not read what waits either: the reason comes first.
	if s.conn.Close(wsconn.End{Code: uint16(code), Reason: reason, Tag: others}, code == protocol.CodeTooSlow) {
		s.relay.countClose(code)
	}
}

// together are clients that lose their server.
type together struct {
	clients int
	told    atomic.Bool // one of them is in the log
}

// howItEnded is what the end of the connection means (R9). It is asked when the
// reading is over.
func (s *session) howItEnded() room.End {
	how, _ := s.conn.End() // zero: it was cut
	code := protocol.Code(how.Code)
	window := s.relay.config.Window
	closed := !how.ByPeer && code != 0 // by the relay
	switch {
	case how.ByPeer && (code == 1000 || !s.v1):
		return room.Left()
	case closed && code == protocol.CodeIdle:
		return room.End{Reason: "relay"}
	case closed && s.v1 && code == protocol.CodeProtocolError: // something on the way may have broken the frames
	case closed && !code.Retry():
		return room.End{Reason: "refused"}
	case closed && !s.v1 && code != protocol.CodePingTimeout:
		return room.End{Reason: "relay"} // P5: a base peer has no window
	case !s.v1:
		return room.End{Reason: "timeout"}
	case how.ByPeer && code == 1001:
		window = min(window, protocol.ReloadWindow*time.Second)
	}
	return room.End{Away: true, Wait: window.Milliseconds()}
}
