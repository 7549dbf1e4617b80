package relay

import (
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

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

// carries marks that a message goes from one session to another.
func (s *session) carries(to *session) {
	now := s.relay.conns.Now()
	for _, who := range [...]*session{s, to} {
		if who.carried.Load() != now { // most messages find it so, and a load is cheap
			who.carried.Store(now)
		}
	}
}

// An arrival is what a handshake says of who comes. Nobody needs it once the peer
// is in.
type arrival struct {
	began   time.Time
	order   protocol.Order  // among the connections of its ID (R5)
	asked   protocol.ID     // the room that a client has asked for, in its own spelling (B52)
	resumed bool            // it has presented a token
	room    protocol.ID     // the room of a client's token, as it is spelt everywhere (B52); "" without one
	guess   quota.Guess     // what it costs that a newcomer asks for a room
	grant   access.Grant    // what it gets with HELLO
	refused *protocol.Error // why it is not let in
}

// together are clients that lose their server.
type together struct {
	clients int
	told    atomic.Bool // one of them is in the log
}

const restarting = "the relay is restarting: connect again in a while"
