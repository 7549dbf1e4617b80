package relay

import (
	"net/netip"
	"sync/atomic"

	"github.com/sebas642/intercessor/protocol"
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

	// In ticks (sweep.go).
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

// read takes messages from the peer and handles them until the connection ends.
func (s *session) read() {
	for {
		got, err := s.conn.Read()
		s.endBatch()
		if s.held != nil {
			s.hold()
		}
		if err == nil {
			err = s.keepPace(got)
		}
		if err != nil {
			s.readFailed(err)
			return
		}
	}
}

// Overloaded closes the session: of all unfinished messages, its is the oldest.
func (s *session) Overloaded() {
	s.close(protocol.CodeOverloaded, "this relay is full of unfinished messages, and yours was the oldest: come again later"+after(later()))
}
