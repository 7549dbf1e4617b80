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

// close ends the session with a code and a reason, and counts the close. Every close by the
// relay goes through it. Any goroutine may call it, whatever locks it holds. Only the first
// call counts. The session's own goroutine finishes the connection and logs it, because
// logging may block.
func (s *session) close(code protocol.Code, reason string) { s.closeWith(code, reason, nil) }

// closeWith is close for one of several clients that share one log line.
func (s *session) closeWith(code protocol.Code, reason string, others *together) {
	// A peer that is too slow gets the reason first, in place of what waits.
	if s.conn.Close(wsconn.End{Code: uint16(code), Reason: reason, Tag: others}, code == protocol.CodeTooSlow) {
		s.relay.countClose(code)
	}
}

// howItEnded maps the end of the connection to the end of the peer's stay (R9). It is called
// after Read has returned.
func (s *session) howItEnded() room.End {
	how, _ := s.conn.End() // zero if the connection was cut
	code := protocol.Code(how.Code)
	window := s.relay.config.Window
	closed := !how.ByPeer && code != 0 // by the relay
	switch {
	case how.ByPeer && (code == 1000 || !s.v1):
		return room.Left()
	case closed && code == protocol.CodeIdle:
		return room.End{Reason: "relay"}
	case closed && s.v1 && code == protocol.CodeProtocolError: // a proxy may have broken the frames
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

// markCarried stores the time of a message from one session to another, in both (B55).
func (s *session) markCarried(to *session) {
	now := s.relay.conns.Now()
	for _, who := range [...]*session{s, to} {
		if who.carried.Load() != now { // avoid the store, which is costly between cores
			who.carried.Store(now)
		}
	}
}

// An arrival is the part of a session that only its handshake needs.
type arrival struct {
	began       time.Time
	asked       protocol.ID     // the room that a client asks for, in its own spelling (B52); "" for a server
	room        protocol.ID     // the same in the server's spelling, if the relay knows it
	subprotocol string          // that the relay has selected (R1)
	order       protocol.Order  // among the connections of its ID (R5)
	via         string          // the node that has admitted the connection, if another one has
	resumed     bool            // the peer has presented a valid resume token
	found       bool            // the room is here, and must not be opened if it is not: another node may have it then
	kicked      []Kicked        // must be kept out of this server's room
	reserved    *lobby          // that reserve has opened for this server; may be nil
	guess       quota.Guess     // the cost of a newcomer's request for a room
	grant       access.Grant    // from authorize
	refused     *protocol.Error // why the peer may not come in; nil if it may
}

// together are the clients of one server that lose it. They share one log line.
type together struct {
	clients int
	told    atomic.Bool // the line is written
}

const restarting = "the relay is restarting: connect again in a while"
