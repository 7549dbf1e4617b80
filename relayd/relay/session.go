package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
)

// A session is one peer's connection, from its handshake to the last byte. One
// goroutine, run's, reads from it; anybody sends to it through its outbox.
type session struct {
	// Static once it runs.
	relay *Relay
	id    protocol.ID
	lobby *lobby   // the room it is in; nil when its client named no server
	host  *session // a client's server; nil for a server itself
	conn  net.Conn
	ws    *websocket.Conn // reads for run's goroutine; what it writes goes to out
	out   *outbox

	// In ticks of the relay's clock (sweep.go).
	heard    atomic.Int64 // when something last came from the peer
	began    atomic.Int64 // when the message began that is being read; 0: none is
	paused   atomic.Bool  // its reads are held back: it cannot be heard
	pinged   int64        // when it was asked for a sign of life; 0: it is not. Owned by the sweeper
	controls atomic.Int32 // control frames of this second

	waits share // what waits of this client in its server's outbox; guarded by that outbox
}

// read takes messages from the peer and handles them until the connection ends.
func (s *session) read() {
	for {
		kind, body, err := s.ws.Reader(context.Background())
		if err != nil {
			s.readFailed(err)
			return
		}
		s.began.Store(s.relay.now.Load())
		if kind != websocket.MessageText {
			s.close(protocol.CodeBinary, "a message must be a text frame: bytes travel as base64 in JSON")
			return
		}
		m := messages.Get().(*message)
		err = s.readMessage(m, body)
		messages.Put(m)
		if err != nil {
			s.readFailed(err)
			return
		}
	}
}

// readMessage reads a message to its end and handles it.
func (s *session) readMessage(m *message, body io.Reader) error {
	n := 0
	for {
		got, err := body.Read(m.in[n:])
		n += got
		if n > protocol.MaxMessage {
			return tooBig
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	s.began.Store(0)
	s.heard.Store(s.relay.now.Load())
	return s.handle(m, m.in[:n])
}

var tooBig = &protocol.Error{Code: protocol.CodeTooBig, Reason: "a message must not be longer than 64 KiB"}

// readFailed closes the session for what ended its reading. Where the relay has
// closed it already, and so ended the reading itself, that close stands.
func (s *session) readFailed(err error) {
	var refused *protocol.Error
	var network net.Error
	if s.out.stalled() {
		s.counted(protocol.CodeTooSlow, "it takes nothing: cut without a close frame, for which there is no room")
		return
	}
	var left websocket.CloseError
	errors.As(err, &left)
	switch {
	case errors.As(err, &refused):
		s.close(refused.Code, refused.Reason)
	case !utf8.ValidString(left.Reason): // the library does not look
		s.close(protocol.CodeInvalidText, "the reason of a close frame must be UTF-8")
	case left.Code == websocket.StatusNoStatusRcvd, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		s.seal(protocol.Code(websocket.StatusNormalClosure), "", false)
	case left.Code != 0:
		s.seal(protocol.Code(left.Code), "", false) // the answer to a close (RFC 6455, section 5.5.1)
	default:
		s.close(protocol.CodeProtocolError, "RFC 6455: "+innermost(err))
	}
}

// innermost gives what the WebSocket library found, without the words around
// it, as far as it fits into a close frame.
func innermost(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	text := strings.ToValidUTF8(err.Error(), "")
	return text[:min(len(text), 100)]
}

// control counts a ping or a pong and says whether it is to be answered.
func (s *session) control() bool {
	s.heard.Store(s.relay.now.Load())
	if s.controls.Add(1) > protocol.MaxControlRate {
		s.close(protocol.CodeFlood, "more than 100 control frames in a second")
		return false
	}
	return true
}

// close ends the session with a code and a reason: every close that the relay
// decides on comes through here and is counted here. Any goroutine may call it;
// the first call counts. The session's own goroutine does the rest.
func (s *session) close(code protocol.Code, reason string) {
	// Who does not read would not read what waits either: the reason comes first.
	if s.seal(code, reason, code == protocol.CodeTooSlow) {
		s.counted(code, reason)
	}
}

func (s *session) counted(code protocol.Code, reason string) {
	s.relay.countClose(code)
	s.relay.log.closed(s, code, reason)
}

// longAgo is a deadline that ends what waits at once.
var longAgo = time.Unix(1, 0)

// seal puts the close frame in and wakes the reading goroutine.
func (s *session) seal(code protocol.Code, reason string, drop bool) bool {
	first := s.out.seal(closeFrame(code, reason), drop)
	if first {
		_ = s.conn.SetReadDeadline(longAgo)
	}
	return first
}

// end lets the closing handshake come to its end (B28): what waits is written, then
// the peer has its time to read it and to answer. (To close a socket that holds
// unread bytes resets it, and the peer would never see the close frame.)
func (s *session) end() {
	over := time.Now().Add(s.relay.config.CloseWithin)
	s.out.finish()
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = s.conn.SetReadDeadline(over)
		_, _ = io.Copy(io.Discard, s.conn)
	}
	_ = s.conn.Close()
	_ = s.ws.CloseNow() // lets go of what the library keeps
}
