package relay

import (
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// An outbox is the only way to a peer. Nobody waits in it: a frame is written
// at once when the peer's socket takes it, without a goroutine in between; what
// the socket does not take is queued within bounds, and a goroutine that lives
// only as long as the queue writes it. So a slow peer holds up nobody.
type outbox struct {
	// Static after construction.
	session *session
	relay   *Relay
	conn    net.Conn
	ready   *readiness // nil where this connection has no write that cannot block

	mu      sync.Mutex
	answer  []byte         // guarded by mu: to the handshake; leaves with the first frame
	queue   []waitingFrame // guarded by mu; the first `writing` are in the writer's hands
	writing int            // guarded by mu
	bytes   int            // guarded by mu: what waits here
	frames  int            // guarded by mu: the same in frames
	partly  bool           // guarded by mu: queue[0] must be written, because its beginning is, or because it has the answer to the handshake
	active  bool           // guarded by mu: a writer is at work
	sealed  bool           // guarded by mu: the close frame is in, nothing follows it
	until   time.Time      // guarded by mu: when a sealed outbox must be empty
	err     error          // guarded by mu: the first failed write; ends the outbox
	last    int64          // guarded by mu: when a message was last sent
	freed   chan struct{}  // guarded by mu: closed when room was made; nil when nobody waits for it
	over    chan struct{}  // guarded by mu: closed when it is sealed; nil when nobody waits for it
	writers sync.WaitGroup
}

// A waitingFrame is a frame, or some that came together, or what is left of
// them, in memory of exactly their size.
type waitingFrame struct {
	bytes  []byte
	frames int
	by     *share
	since  time.Duration // when it began to wait, if that is measured
}

// A share is what one sender has waiting in an outbox; guarded by that outbox's mu.
type share struct{ bytes int }

var (
	errFull   = errors.New("the outbox is full")
	errSealed = errors.New("the outbox is sealed")
	errGone   = errors.New("the sender is gone")
)

func newOutbox(s *session, ready *readiness, answer []byte) *outbox {
	return &outbox{session: s, relay: s.relay, conn: s.conn, ready: ready, answer: answer}
}

// send writes or queues bytes, which are so many whole frames and stay the
// caller's. It never blocks. What is queued counts against the sender's share,
// if one is given. It fails with errFull, errSealed, or what broke the connection.
func (o *outbox) send(bytes []byte, frames int, by *share) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.usable(); err != nil {
		return err
	}
	if o.active && !o.fits(len(bytes), frames, by) {
		return errFull
	}
	return o.put(bytes, frames, by)
}

// force is send for the few frames that must not be lost to a full outbox: each
// follows at most once from somebody's coming, which is bounded itself.
func (o *outbox) force(frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.usable(); err != nil {
		return err
	}
	return o.put(frame, 1, nil)
}

// busy says whether something waits to be written.
func (o *outbox) busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.active
}

// depth is how many bytes wait.
func (o *outbox) depth() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

// quiet returns when a message was last sent, in ticks of the relay's clock. Control
// frames don't count: a page cannot see them (D1).
func (o *outbox) quiet() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

func (o *outbox) usable() error {
	if o.err != nil {
		return o.err
	}
	if o.sealed {
		return errSealed
	}
	return nil
}

// fits says whether more may wait: within the bounds of this outbox and of all,
// and, for a client, within an eighth of its server's outbox. Nobody's waiting
// denies another peer room for one message (B16), nor a client its first.
func (o *outbox) fits(n, frames int, by *share) bool {
	if by != nil && by.bytes > 0 && by.bytes+n > o.relay.config.OutboxBytes/8 {
		return false
	}
	return o.bytes+n <= o.relay.config.OutboxBytes && o.frames+frames <= o.relay.config.OutboxFrames &&
		(o.bytes+n <= protocol.MaxDelivery || o.relay.waiting.Load()+int64(n) <= o.relay.config.WaitingBytes)
}

// put writes what the socket takes at once and queues the rest. With mu held.
func (o *outbox) put(bytes []byte, frames int, by *share) error {
	if bytes[0]&0x0f < frame.Close { // not a control frame
		o.last = o.relay.now.Load()
	}
	first := o.answer != nil
	if first {
		bytes, o.answer = append(o.answer, bytes...), nil
	}
	if !o.active && o.ready != nil {
		n, err := o.ready.write(bytes)
		if err != nil {
			o.fail(err)
			return err
		}
		if n == len(bytes) {
			return nil
		}
		o.partly = n > 0
		bytes = bytes[n:]
	}
	o.partly = o.partly || first
	// A copy of exactly this size, whatever the size of the caller's buffer.
	waiting := waitingFrame{bytes: append([]byte(nil), bytes...), frames: frames, by: by, since: o.queuedAt()}
	o.queue = append(o.queue, waiting)
	o.account(waiting, 1)
	if !o.active {
		o.active = true
		o.writers.Go(o.write)
	}
	return nil
}

// account counts what waits, or with a sign of -1 what no longer does.
func (o *outbox) account(f waitingFrame, sign int) {
	n := sign * len(f.bytes)
	o.bytes += n
	o.frames += sign * f.frames
	o.relay.waiting.Add(int64(n))
	if f.by != nil {
		f.by.bytes += n
	}
}

// remove forgets the frames from..to of the queue. With mu held.
func (o *outbox) remove(from, to int) {
	for _, f := range o.queue[from:to] {
		o.account(f, -1)
	}
	o.queue = slices.Delete(o.queue, from, to)
	o.wake()
}
