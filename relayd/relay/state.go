package relay

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
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

	conns *wsconn.Group

	batchFrames, batchBytes int // what one receiver gets in one piece at the most

	settings atomic.Pointer[current]

	counters
	sources  *quota.Table
	arrivals arrivals
	peers    atomic.Int64 // connections that were admitted
	told     atomic.Int64 // connections that were not, and are being told so
	turned   atomic.Int64 // connections that are being turned away by the listener

	started time.Time
	absent  atomic.Int64 // peers that are away and remembered; counted by the sweeper
	bars    atomic.Int64 // peers, sources and subjects that rooms keep out, beyond ownBars of each
	surely  atomic.Int64 // by clock: from then on, a server that is not here is nowhere (R10)

	clockWrong atomic.Bool // the time of day cannot be right
	ahead      sync.Once   // a token from the future was logged

	asking   *quota.Places // of peers about which Config.Authorize decides just now
	guessing atomic.Int64  // peers that wait because of wrong guesses

	mu       sync.Mutex
	rooms    map[roomKey]*lobby    // guarded by mu
	sessions map[*session]struct{} // guarded by mu
	waiters  map[*lobby]struct{}   // guarded by mu: rooms in which somebody may be away
	past     Traffic               // guarded by mu: of the sessions that are over
	closing  bool                  // guarded by mu: no session is added any more

	running sync.WaitGroup  // the sessions, the sweeper, and who tells of lines left out
	life    context.Context // ends with Shutdown, and with it the sweeper and what waits to be authorized
	stop    context.CancelFunc
}

// A session is what the relay knows of one connection. One goroutine reads from conn, and any
// may send to it.
type session struct {
	// Static once it runs.
	relay *Relay
	id    protocol.ID
	lobby *lobby // the room it is in; nil when its client named no server
	conn  *wsconn.Conn

	source  netip.Addr    // where the peer is, as a trusted proxy says or its connection
	subject string        // of its access token; "" if it has none
	claim   claim         // what it counts for among all
	granted *access.Grant // what it may send beyond or below others; nil: as much as others

	server     bool
	v1         bool
	generation uint64                 // of its token
	seat       *room.Member[*session] // its place, which the lobby's lock guards

	arrival *arrival // owned by the handshake's goroutine; nil after it

	// Owned by the reading goroutine.
	batch  *batch     // what the read at hand has brought; nil in between
	held   []byte     // a client's messages that its server's outbox could not take, nil if there are none (B17)
	heldOf int        // how many these are
	pace   quota.Pace // how much it may still send

	// In ticks, see [wsconn.Group].
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

// A lobby is a room that many goroutines use. Each has a lock of its own, so
// that no room waits for another. Under it nothing blocks: what is sent while it
// is held is written or queued at once.
type lobby struct {
	id     protocol.ID // the server's
	key    roomKey     // by which it is found
	opener quota.Place // whose room it counts as
	opened int64       // by the relay's clock

	mu   sync.RWMutex
	room *room.Room[*session]
	bars int  // guarded by mu: what this room has in Relay.bars
	over bool // guarded by mu: it has nothing there any more
}

// A roomKey is what all spellings of a server's ID have in common (B52).
type roomKey string

func keyOf(server protocol.ID) roomKey { return roomKey(protocol.RoomKey(string(server))) }
