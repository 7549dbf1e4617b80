package relay

import (
	"errors"
	"io"
	"math/bits"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/room"
)

// A session is one peer's connection, from its handshake to the last byte. One
// goroutine reads from it; anybody sends to it through its outbox.
type session struct {
	// Static once it runs.
	relay *Relay
	id    protocol.ID
	lobby *lobby // the room it is in; nil when its client named no server
	conn  net.Conn
	out   *outbox

	source netip.Addr // where the peer is, as a trusted proxy says or its connection
	claim  claim      // what it counts for among all

	server     bool
	v1         bool
	generation uint64                 // of its token
	seat       *room.Member[*session] // its place, which the lobby's lock guards

	arrival *arrival // owned by the handshake's goroutine; nil after it

	// Owned by the reading goroutine.
	in        reader
	fragments []byte     // the message so far, nil outside one
	text      frame.UTF8 // how its characters stand
	followed  uint32     // how much of the frame at hand is in that already, in bytes
	pace      pace       // how much it may still send

	// In ticks of the relay's clock (sweep.go).
	heard    atomic.Int64 // when something last came from the peer
	began    atomic.Int64 // when the message, or the frame, began whose end has not come; 0: there is none
	paused   atomic.Bool  // its reads are held back: it cannot be heard
	pinged   int64        // when it was asked for a sign of life; 0: it is not. Owned by the sweeper
	controls atomic.Int32 // control frames of this second
	carried  atomic.Int64 // when a message last went from the peer or to it
	placed   int64        // when the sweeper first saw it in its room; 0: not yet. Owned by the sweeper
	company  int64        // when a server last had a client. Owned by the sweeper

	due    atomic.Int64 // when a v1 peer gets another token, and a base peer is drained; 0: never
	iceDue atomic.Int64 // when a v1 peer is told of ICE servers again; 0: never
	ownICE bool         // Authorize has named it others than the relay's; written before greeted

	inRoom  atomic.Bool // it has its place; written when lobby and seat are
	greeted atomic.Bool // a v1 peer has had its HELLO, before which nothing else may come (B7)

	ending atomic.Pointer[ending] // how the session ended; nil while it has not, or was cut
	owed   atomic.Bool            // it is to be told something for which its outbox had no room

	// Owned by the reading goroutine, of a client: the connection of its server that
	// it last sent to, and what waits of it in that outbox, guarded by the outbox.
	host  *session
	waits *share

	moved traffic
	reads uint8 // owned by the reading goroutine: how often it has read, for Watch

	stranger protocol.ID // the last unknown receiver it was told about; guarded by the lobby's lock
}

// read takes messages from the peer and handles them until the connection ends.
func (s *session) read() {
	look := s.look // one allocation, not one for each call
	for {
		err := s.in.next(look, s.relay.longest)
		if err == nil {
			err = s.keepPace()
		}
		if err != nil {
			s.readFailed(err)
			s.in.partial, s.fragments = nil, nil
			return
		}
	}
}

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
	for {
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
	case errors.Is(err, io.EOF), errors.As(err, &network), errors.As(err, new(syscall.Errno)):
		s.out.seal(nil, nil, false) // it was cut: nothing more is said
	default:
		s.close(protocol.CodeProtocolError, "RFC 6455: "+err.Error())
	}
}

// close ends the session with a code and a reason: every close that the relay
// decides on comes through here and is counted here. Any goroutine may call it,
// whatever locks it holds; the first call counts. The session's own goroutine does
// the rest, the log among it: who reads the log may be slow.
func (s *session) close(code protocol.Code, reason string) {
	// Who does not read would not read what waits either: the reason comes first.
	if s.seal(&ending{code: code, reason: reason}, code == protocol.CodeTooSlow) {
		s.relay.countClose(code)
	}
}

// An ending is how a session came to its end, if it was not cut: by a close of the
// relay, with its reason, or by one of the peer.
type ending struct {
	code   protocol.Code
	reason string
	byPeer bool
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
