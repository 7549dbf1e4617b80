package relay

import (
	"net"
	"net/netip"
	"sync/atomic"

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

	source  netip.Addr // where the peer is, as a trusted proxy says or its connection
	subject string     // of its access token; "" if it has none
	claim   claim      // what it counts for among all

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
	held      []byte     // a client's messages that its server's outbox could not take, nil if there are none (B17)
	heldOf    int        // how many these are
	counted   bool       // the session has something in the relay's budget for what comes
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

	holding holding // in the relay's budget for what comes

	moved traffic
	reads uint8 // owned by the reading goroutine: how often it has read, for Watch

	stranger protocol.ID // the last unknown receiver it was told about; guarded by the lobby's lock
}

// read takes messages from the peer and handles them until the connection ends.
func (s *session) read() {
	for {
		err := s.in.next(s)
		s.holds(0)
		if s.held != nil {
			s.hold()
		}
		if err == nil {
			err = s.keepPace()
		}
		if err != nil {
			s.readFailed(err)
			s.in.partial, s.fragments = nil, nil
			s.holds(0)
			return
		}
	}
}
