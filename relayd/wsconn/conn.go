// Package wsconn is the server side of a WebSocket (RFC 6455): handshake, frames, a bounded
// outbox, keepalive and closing. It knows nothing of rooms or of what messages hold.
//
// A Conn has one reader and any number of senders. The reader calls Read, which passes each
// message to the Handler until the connection ends. Send never blocks: it writes what the
// socket takes and queues the rest within the Limits.
//
// Locks: a Conn's mu may be acquired while a caller's lock is held. Under it this package
// acquires no other lock and calls no Handler. The mu of the budget and of hangups are never
// held together with a Conn's.
package wsconn

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound what the connections of a Group may do. All of them must be set, except
// where a field says otherwise.
type Limits struct {
	MaxMessage    int  // the longest message, in bytes
	Binary        bool // binary messages are accepted, too
	ControlFrames int  // how many control frames a peer may send in a second

	Tick          time.Duration // how often the owner calls Group.Tick and each Conn's Check
	PingAfter     time.Duration // how long a peer may be silent before it is pinged
	PongWithin    time.Duration // how long it may stay silent after that
	MessageWithin time.Duration // how long a message may take from its first frame to its end
	WriteWithin   time.Duration // how long a write may make no progress
	CloseWithin   time.Duration // how long the closing handshake may take

	OutboxBytes   int   // how many bytes may wait to be written to one peer
	OutboxFrames  int   // the same in frames
	OutboxLeast   int   // how many bytes may wait for one peer whatever waits for others
	WaitingBytes  int64 // how many bytes may wait to be written to all peers together
	IncomingBytes int64 // how many bytes the unhandled messages of all peers may hold together

	// Waited, if it is set, receives how long each frame waited in an outbox.
	Waited func(time.Duration)
}

// A Group holds what the connections of one server share: limits, clock and memory budgets.
type Group struct {
	Limits // static

	started  time.Time    // static
	now      atomic.Int64 // in ticks, from 1
	waiting  atomic.Int64 // bytes in all outboxes
	incoming incoming
	hangups  hangups
}

// NewGroup returns a Group whose clock stands at 1.
func NewGroup(limits Limits) *Group {
	g := &Group{Limits: limits, started: time.Now()}
	g.incoming.most = limits.IncomingBytes
	g.now.Store(1)
	return g
}

// Close frees the Group's resources of the operating system. All connections must have
// finished. New ones still work, but cost more.
func (g *Group) Close() { g.hangups.close() }

// Now returns the time in ticks.
func (g *Group) Now() int64 { return g.now.Load() }

// Tick advances the clock by one tick and returns the new time. One goroutine calls it.
func (g *Group) Tick() int64 { return g.now.Add(1) }

// Ticks converts a duration to ticks, rounded up.
func (g *Group) Ticks(d time.Duration) int64 { return int64((d + g.Limits.Tick - 1) / g.Limits.Tick) }

// Waiting returns how many bytes wait in all outboxes.
func (g *Group) Waiting() int64 { return g.waiting.Load() }

// A Handler receives what happens on a connection.
type Handler interface {
	// Message receives a message. The reader calls it, and payload is valid only during the
	// call. If more is false, Read passes no further message before it has called Came. Came
	// receives the error.
	//
	// Message validates the UTF-8 of a text. If the beginning of a text is not UTF-8, Message
	// is called with that beginning at once, and should return the error.
	Message(payload []byte) (more bool, err error)

	// Came is called by the reader after the messages of one read. err is why the connection
	// must end, or nil. Read continues if Came returns nil, and returns its error otherwise.
	Came(got Amount, err error) error

	// Writable is called by the outbox's goroutine after it has written something.
	Writable()

	// Overloaded is called by any reader of the Group when unfinished messages exceed
	// IncomingBytes and this connection's is the oldest. It closes the connection.
	Overloaded()
}

// A Conn is one WebSocket. Its methods may be called concurrently, except those of the
// reader (Read, Keep, Pause, Resume, Fail, Finish) and Check.
type Conn struct {
	// Static after Upgrade.
	group   *Group
	handler Handler
	socket  net.Conn
	ready   *readiness // nil if waiting on this socket needs memory for the read
	puts    *readiness // nil if this socket has no write that never blocks

	in      reader  // owned by the reader
	holding holding // guarded by the budget's mu

	mu      sync.Mutex
	answer  []byte         // guarded by mu: the answer to the handshake; leaves with the first frame
	queue   []waitingFrame // guarded by mu; the writer has the first `writing` of them
	writing int            // guarded by mu
	bytes   int            // guarded by mu: the bytes in queue
	frames  int            // guarded by mu: the same in frames
	partly  bool           // guarded by mu: queue[0] must be written: it is begun, or has the answer to the handshake
	active  bool           // guarded by mu: a writer runs
	sealed  bool           // guarded by mu: nothing may be sent any more
	until   time.Time      // guarded by mu: when a sealed outbox must be empty
	err     error          // guarded by mu: the first failed write; ends the outbox
	last    int64          // guarded by mu: when a message was last sent, in ticks
	freed   chan struct{}  // guarded by mu: closed when capacity was freed; nil if nothing waits for it
	over    chan struct{}  // guarded by mu: closed when sealed; nil if nothing waits for it
	writers sync.WaitGroup

	end atomic.Pointer[End] // how the connection ended; nil while it is open, or if it was cut

	// In ticks.
	heard  atomic.Int64 // when bytes were last received
	began  atomic.Int64 // when the unfinished message or frame began; 0 means there is none
	pinged int64        // when the pending ping was sent; 0 means there is none. Owned by Check

	controls atomic.Int32 // control frames of this second
	paused   atomic.Bool  // the reader does not read
}

// sendBuffer is the size of a socket's send buffer, in bytes. Linux allocates twice as much.
const sendBuffer = 64 << 10

// Upgrade answers a handshake and takes over its connection. The answer leaves with the first
// frame that is sent. After an error the request is answered with an HTTP status. The
// subprotocol is one that the peer offered, or "".
func (g *Group) Upgrade(w http.ResponseWriter, r *http.Request, subprotocol string, handler Handler) (*Conn, error) {
	socket, early, err := upgrade(w, r)
	if err != nil {
		return nil, err
	}
	return g.Answer(socket, early, r.Header.Get("Sec-WebSocket-Key"), subprotocol, handler), nil
}

// Answer is Upgrade for a handshake that was read elsewhere and is valid. key is its
// Sec-WebSocket-Key, and early are the bytes that the peer has sent behind it.
func (g *Group) Answer(socket net.Conn, early []byte, key, subprotocol string, handler Handler) *Conn {
	c := g.NewConn(socket, early, handler)
	c.answer = appendAnswer(key, subprotocol)
	return c
}

// Early returns the bytes that the peer has sent behind the handshake. The reader calls it, before
// Read.
func (c *Conn) Early() []byte { return c.in.partial }

// Release returns the socket. The handshake is not answered. Nothing may have been sent or read,
// and the Conn must not be used again.
func (c *Conn) Release() net.Conn {
	if c.ready != nil {
		c.ready.unwatch()
	}
	return c.socket
}

// NewConn returns a Conn on a socket after the handshake. early are the bytes that the peer
// has sent behind it.
func (g *Group) NewConn(socket net.Conn, early []byte, handler Handler) *Conn {
	if tcp, ok := Below(socket).(interface{ SetWriteBuffer(int) error }); ok {
		// The limits of the outbox do not cover the kernel's buffer. With the default size a
		// slow peer would seem to make no progress.
		_ = tcp.SetWriteBuffer(sendBuffer)
	}
	c := &Conn{group: g, handler: handler, socket: socket}
	c.ready = newReadiness(socket, c, &g.hangups)
	c.puts = c.ready.forWrites()
	c.in.partial = early
	c.heard.Store(g.Now())
	return c
}

// Below returns the socket under a connection with TLS or with a PROXY header, or the
// connection itself.
func Below(conn net.Conn) net.Conn {
	for {
		t, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return conn
		}
		conn = t.NetConn()
	}
}
