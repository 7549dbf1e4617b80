package relay

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/room"
)

// errLeft is the end of a session by the peer's own close frame, with its code.
type errLeft uint16

func (errLeft) Error() string { return "the peer has left" }

// readFailed closes the session for what ended its reading. Where the relay has
// closed it already, and so ended the reading itself, that close stands.
func (s *session) readFailed(err error) {
	var refused *protocol.Error
	var left errLeft
	var network net.Error
	switch {
	case s.out.stalled():
		s.ending.Store(&ending{code: protocol.CodeTooSlow, reason: "it takes nothing: cut without a close frame, for which there is no room"})
		s.relay.countClose(protocol.CodeTooSlow)
	case errors.As(err, &refused):
		s.close(refused.Code, refused.Reason)
	case errors.As(err, &left):
		s.seal(&ending{code: protocol.Code(left), byPeer: true}, false) // the answer to a close (RFC 6455, section 5.5.1)
	case errors.Is(err, frame.ErrCloseText):
		s.close(protocol.CodeInvalidText, err.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network), errors.As(err, new(syscall.Errno)):
		s.out.seal(nil, nil, false) // it was cut: nothing more is said
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
	if s.seal(&ending{code: code, reason: reason, others: others}, code == protocol.CodeTooSlow) {
		s.relay.countClose(code)
	}
}

// An ending is how a session came to its end, if it was not cut: by a close of the
// relay, with its reason, or by one of the peer.
type ending struct {
	code   protocol.Code
	reason string
	byPeer bool
	others *together // that the relay closed for the same reason; nil: none
}

// together are clients that lose their server.
type together struct {
	clients int
	told    atomic.Bool // one of them is in the log
}

// longAgo is a deadline that ends what waits at once.
var longAgo = time.Unix(1, 0)

// seal puts the close frame in and wakes the reading goroutine, wherever it waits.
func (s *session) seal(how *ending, drop bool) bool {
	return s.out.seal(frame.AppendClose(nil, uint16(how.code), how.reason), how, drop)
}

// end lets the closing handshake come to its end (B28): what waits is written, then
// the peer has its time to read it and to answer. (To close a socket that holds
// unread bytes resets it, and the peer would never see the close frame.)
func (s *session) end() {
	over := s.out.finish()
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok && !over.IsZero() && half.CloseWrite() == nil {
		_ = s.conn.SetReadDeadline(over)
		_, _ = io.Copy(io.Discard, s.conn)
	}
	_ = s.conn.Close()
}

// howItEnded is what the end of the connection means (R9). It is asked when the
// reading is over.
func (s *session) howItEnded() room.End {
	how := s.ending.Load()
	if how == nil {
		how = new(ending) // it was cut
	}
	window := s.relay.config.Window
	closed := !how.byPeer && how.code != 0 // by the relay
	switch {
	case how.byPeer && (how.code == 1000 || !s.v1):
		return room.Left()
	case closed && how.code == protocol.CodeIdle:
		return room.End{Reason: "relay"}
	case closed && s.v1 && how.code == protocol.CodeProtocolError: // something on the way may have broken the frames
	case closed && !how.code.Retry():
		return room.End{Reason: "refused"}
	case closed && !s.v1 && how.code != protocol.CodePingTimeout:
		return room.End{Reason: "relay"} // P5: a base peer has no window
	case !s.v1:
		return room.End{Reason: "timeout"}
	case how.byPeer && how.code == 1001:
		window = min(window, protocol.ReloadWindow*time.Second)
	}
	return room.End{Away: true, Wait: window.Milliseconds()}
}
