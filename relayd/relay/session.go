package relay

import (
	"cmp"
	"errors"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A session is what the relay knows of one connection. One goroutine reads from conn, and any
// may send to it.
type session struct {
	// Static once it runs.
	relay *Relay
	id    protocol.ID
	lobby *lobby // the room it is in; nil when its client named no server
	conn  *wsconn.Conn

	source  netip.Addr // where the peer is, as a trusted proxy says or its connection
	subject string     // of its access token; "" if it has none
	claim   claim      // what it counts for among all

	server     bool
	v1         bool
	generation uint64                 // of its token
	seat       *room.Member[*session] // its place, which the lobby's lock guards

	arrival *arrival // owned by the handshake's goroutine; nil after it

	// Owned by the reading goroutine.
	batch  *batch // what the read at hand has brought; nil in between
	held   []byte // a client's messages that its server's outbox could not take, nil if there are none (B17)
	heldOf int    // how many these are
	pace   pace   // how much it may still send

	// In ticks (tick.go).
	carried atomic.Int64 // when a message last went from the peer or to it
	placed  int64        // when the sweeper first saw it in its room; 0: not yet. Owned by the sweeper
	company int64        // when a server last had a client. Owned by the sweeper

	due    atomic.Int64 // when a v1 peer gets another token, and a base peer is drained; 0: never
	iceDue atomic.Int64 // when a v1 peer is told of ICE servers again; 0: never
	ownICE bool         // Authorize has named it others than the relay's; written before greeted

	inRoom  atomic.Bool // it has its place; written when lobby and seat are
	greeted atomic.Bool // a v1 peer has had its HELLO, before which nothing else may come (B7)

	owed atomic.Bool // it is to be told something for which its outbox had no room

	// Owned by the reading goroutine, of a client: the connection of its server that
	// it last sent to, and what waits of it in that outbox, guarded by the outbox.
	host  *session
	waits *wsconn.Share

	moved traffic
	reads uint8 // owned by the reading goroutine: how often it has read, for Watch

	stranger protocol.ID // the last unknown receiver it was told about; guarded by the lobby's lock
}

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

// A pace is how much a peer may still send, in frames and in bytes (B54): a token bucket
// for each, owned by the reading goroutine. What a read has brought is subtracted; the
// clock is read only when nothing is left, and once a tick, so that nobody saves up more
// than a burst.
type pace struct {
	frames, bytes float64       // what is left
	tick          int64         // of the relay's clock, of the last refill
	at            time.Duration // of the last refill, since the relay began; 0: there was none
	own           *rates        // what Authorize grants this peer; nil: what all have
}

// rates are how many frames and bytes a second a peer may send.
type rates struct {
	frames int
	bytes  int64
}

// granted gives what this peer may send in place of what all may; nil if Authorize has
// not said.
func granted(g admit.Grant) *rates {
	if g.PeerMessages == 0 && g.PeerBytes == 0 {
		return nil
	}
	return &rates{g.PeerMessages, g.PeerBytes}
}

func (r *rates) or(l *Limits) rates {
	if r == nil {
		return rates{l.PeerMessages, l.PeerBytes}
	}
	return rates{cmp.Or(r.frames, l.PeerMessages), cmp.Or(r.bytes, l.PeerBytes)}
}

// ahead returns for how long a peer that has sent so much is to be held back.
func (p *pace) ahead(r *Relay, got wsconn.Amount) time.Duration {
	frames, bytes, tick := float64(got.Frames), float64(got.Bytes), r.conns.Now()
	if tick == p.tick && frames <= p.frames && bytes <= p.bytes {
		p.frames -= frames
		p.bytes -= bytes
		return 0
	}
	l, now := r.limits.Load(), time.Since(r.started)
	earned := l.PeerBurst // a new peer has all of it
	if p.at != 0 {
		earned = min(earned, now-p.at)
	}
	p.tick, p.at = tick, now
	most := p.own.or(l)
	return max(0,
		refill(&p.frames, frames, float64(most.frames), earned, l.PeerBurst),
		refill(&p.bytes, bytes, float64(most.bytes), earned, l.PeerBurst))
}

// refill adds what the time has brought, up to a burst, subtracts what was taken, and says
// how long it takes to make up for what is missing.
func refill(left *float64, taken, rate float64, earned, burst time.Duration) time.Duration {
	*left = min(*left+rate*earned.Seconds(), rate*burst.Seconds()) - taken
	return time.Duration(-*left / rate * float64(time.Second))
}

// keepPace holds back the reads of a peer that sends more than it may, for as long as it is
// ahead. Its socket fills then, and whoever writes there waits: nothing is lost. Who is so
// far ahead that others would take it for dead meanwhile is closed. All its clocks run on:
// they bear a wait of HoldWithin.
func (s *session) keepPace(got wsconn.Amount) error {
	wait := s.pace.ahead(s.relay, got)
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
