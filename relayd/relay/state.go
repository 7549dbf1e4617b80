package relay

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
	"unique"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A Relay is an [http.Handler] for `/server` and `/client/ID`; mount it below a
// prefix with [http.StripPrefix]. Its methods may be called concurrently. It
// ends with Shutdown.
type Relay struct {
	// Static after New.
	config Config
	log    logger
	mux    *http.ServeMux

	instance string // in HELLO: which start this is

	conns *wsconn.Group

	batchFrames, batchBytes int // the maximum of one piece for a receiver

	settings atomic.Pointer[current]

	counters
	sources  *quota.Table
	arrivals arrivals
	peers    atomic.Int64 // connections that were admitted
	told     atomic.Int64 // refused connections that are being closed with a frame
	diverted atomic.Int64 // connections of another protocol
	turned   atomic.Int64 // refused connections that the listener is answering

	started     time.Time
	absent      atomic.Int64 // peers that are away and remembered; counted by the sweeper
	bars        atomic.Int64 // peers, sources and subjects that rooms keep out, beyond ownBars of each
	returnUntil atomic.Int64 // by clock: until then servers of an earlier relay may come back (R10)

	clockWrong atomic.Bool // the time of day cannot be right
	ahead      sync.Once   // a token from the future was logged

	asking   *quota.Places // of peers about which Settings.Authorize is deciding
	guessing atomic.Int64  // peers that wait because of wrong guesses

	mu       sync.Mutex
	rooms    map[roomKey]*lobby    // guarded by mu
	sessions map[*session]struct{} // guarded by mu
	waiters  map[*lobby]struct{}   // guarded by mu: rooms in which a peer may be away
	forwards map[*session]func()   // guarded by mu: connections whose rooms are at other nodes, and what cuts them
	received map[*session]string   // guarded by mu: those of sessions that another node has admitted, with its name
	past     Traffic               // guarded by mu: of the sessions that are over
	leaveBy  time.Time             // guarded by mu: while the relay drains, when the last peer is asked to leave; sessions are added only if another node has admitted them
	closing  bool                  // guarded by mu: no session is added

	running sync.WaitGroup  // of sessions and forwards, of the sweeper, and of logger.tell
	life    context.Context // ends with Shutdown; ends the sweeper and waiting handshakes
	stop    context.CancelFunc
}

// A session is the relay's state of one connection. One goroutine reads from conn, and any
// goroutine may send to it.
type session struct {
	// Static after start.
	relay *Relay
	id    protocol.ID
	lobby *lobby // the room it is in; nil when its client named no server
	conn  *wsconn.Conn

	source  netip.Addr    // where the peer is, as a trusted proxy says or its connection
	subject string        // of its access token; "" if it has none
	claim   claim         // what it takes from the limits
	granted *access.Grant // a rate of its own; nil means that of the limits

	server     bool
	v1         bool
	reached    unique.Handle[ice.Host] // the host of its handshake; unique, because peers share few
	generation uint64                  // of its token
	seat       *room.Member[*session]  // its place, which the lobby's lock guards

	arrival *arrival // owned by the handshake's goroutine; nil after it

	// Owned by the reading goroutine.
	batch  *batch     // messages of the current read; nil between reads
	held   []byte     // a client's messages that did not fit its server's outbox, nil if none (B17)
	heldOf int        // how many messages are held
	pace   quota.Pace // how much it may still send

	streamed int // bytes of byte streams in the current read

	// In ticks, see [wsconn.Group].
	carried atomic.Int64 // when a message last went from or to the peer
	placed  int64        // when the sweeper first saw it in its room; 0 means not yet. Owned by the sweeper
	company int64        // when a server last had a client. Owned by the sweeper

	due    atomic.Int64 // when a v1 peer gets its next token, or a base peer is drained; 0 means never
	iceDue atomic.Int64 // when a v1 peer gets ICE servers again; 0 means never
	ownICE bool         // its ICE servers are from Authorize; written before greeted
	reads  uint8        // owned by the reading goroutine: counts reads, for Watch

	inRoom  atomic.Bool // it has its place; written after lobby and seat
	greeted atomic.Bool // HELLO was sent to a v1 peer; nothing may precede it (B7)

	owed atomic.Bool // a presence message did not fit its outbox

	// Owned by the reading goroutine, of a client: the connection of its server to which
	// it last sent, and its share of that outbox, guarded by the outbox.
	host  *session
	share *wsconn.Share

	moved traffic

	stranger protocol.ID // the last unknown receiver that it was told about; guarded by the lobby's mu
}

// A lobby is a room with its lock. Each has its own, so that no room waits for another.
// Nothing blocks under it: Send writes or queues at once.
type lobby struct {
	id     protocol.ID // the server's
	key    roomKey     // by which it is found
	opener quota.Place // the source for which it counts
	opened int64       // when, by the relay's clock

	mu   sync.RWMutex
	room *room.Room[*session]
	bars int  // guarded by mu: this room's part of Relay.bars
	over bool // guarded by mu: the room has ended, and its part is 0
}

// A roomKey is the same for all spellings of a server's ID (B52).
type roomKey string

func keyOf(server protocol.ID) roomKey { return roomKey(protocol.RoomKey(string(server))) }
