package relay

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An outbox is the only way to a peer. Nobody waits in it: a frame is written
// at once when the peer's socket takes it, without a goroutine in between; what
// the socket does not take is queued within bounds, and a goroutine that lives
// only as long as the queue writes it. So a slow peer holds up nobody.
type outbox struct {
	// Static after construction.
	conn    net.Conn
	now     *nonblocking // nil where this connection has no write that cannot block
	config  *Config
	waiting *atomic.Int64 // bytes that wait in all outboxes of the relay

	mu      sync.Mutex
	queue   []waitingFrame // guarded by mu; the first `writing` are in the writer's hands
	writing int            // guarded by mu
	bytes   int            // guarded by mu: what waits here
	begun   bool           // guarded by mu: queue[0] is the rest of a frame that the socket took in part
	active  bool           // guarded by mu: a writer is at work
	sealed  bool           // guarded by mu: the close frame is in, nothing follows it
	err     error          // guarded by mu: the first failed write; ends the outbox
	freed   chan struct{}  // guarded by mu: closed when room was made; nil when nobody waits for it
	writers sync.WaitGroup
}

// A waitingFrame is a frame, or what is left of one, in memory of exactly its size.
type waitingFrame struct {
	bytes []byte
	by    *share
}

// A share is what one sender has waiting in an outbox; guarded by that outbox's mu.
type share struct{ bytes int }

var (
	errFull   = errors.New("the outbox is full")
	errSealed = errors.New("the outbox is sealed")
)

func newOutbox(conn net.Conn, config *Config, waiting *atomic.Int64) *outbox {
	return &outbox{conn: conn, now: newNonblocking(conn), config: config, waiting: waiting}
}

// send writes or queues a frame, which the caller keeps. It never blocks. What
// is queued counts against the sender's share, if one is given. It fails with
// errFull, errSealed, or what broke the connection.
func (o *outbox) send(frame []byte, by *share) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.usable(); err != nil {
		return err
	}
	if o.active && !o.fits(len(frame), by) {
		return errFull
	}
	return o.put(frame, by)
}

// force is send for the few frames that must not be lost to a full outbox: each
// follows at most once from somebody's coming, which is bounded itself.
func (o *outbox) force(frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.usable(); err != nil {
		return err
	}
	return o.put(frame, nil)
}

// sendWithin is send that waits for room.
func (o *outbox) sendWithin(d time.Duration, frame []byte, by *share) error {
	err := o.send(frame, by)
	if err != errFull {
		return err
	}
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for {
		freed := o.whenFreed()
		if err := o.send(frame, by); err != errFull {
			return err
		}
		select {
		case <-freed:
		case <-timeout.C:
			return errFull
		}
	}
}

// seal puts a close frame in and refuses everything after it (RFC 6455, section
// 5.5.1). Frames of a peer that does not read are dropped with `drop`, so that
// the close frame comes next. Only the first call counts; it reports whether it was.
func (o *outbox) seal(frame []byte, drop bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.usable() != nil {
		return false
	}
	if drop {
		begun := o.writing
		if o.begun {
			begun = 1
		}
		o.remove(begun, len(o.queue))
	}
	_ = o.put(frame, nil) // a failure ends the outbox all the same
	o.sealed = true
	_ = o.conn.SetWriteDeadline(time.Now().Add(o.config.CloseWithin))
	o.wake()
	return true
}

// stalled says whether a write made no progress for as long as it may.
func (o *outbox) stalled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.sealed && errors.Is(o.err, os.ErrDeadlineExceeded)
}

// finish waits until what was sent is written, or cannot be. The outbox must be
// sealed, which bounds the wait, or its connection closed.
func (o *outbox) finish() { o.writers.Wait() }

func (o *outbox) usable() error {
	if o.err != nil {
		return o.err
	}
	if o.sealed {
		return errSealed
	}
	return nil
}

// fits says whether a frame may wait: within the bounds of this outbox and of
// all, and, for a client, within an eighth of its server's outbox; one frame of
// its own it may always have waiting, however long.
func (o *outbox) fits(n int, by *share) bool {
	if by != nil && by.bytes > 0 && by.bytes+n > o.config.OutboxBytes/8 {
		return false
	}
	return o.bytes+n <= o.config.OutboxBytes && len(o.queue) < o.config.OutboxFrames &&
		o.waiting.Load()+int64(n) <= o.config.WaitingBytes
}

// put writes what the socket takes at once and queues the rest. With mu held.
func (o *outbox) put(frame []byte, by *share) error {
	if !o.active && o.now != nil {
		n, err := o.now.write(frame)
		if err != nil {
			o.fail(err)
			return err
		}
		if n == len(frame) {
			return nil
		}
		o.begun = n > 0
		frame = frame[n:]
	}
	// A copy of exactly this size, whatever the size of the caller's buffer.
	o.queue = append(o.queue, waitingFrame{bytes: append([]byte(nil), frame...), by: by})
	o.account(len(frame), by)
	if !o.active {
		o.active = true
		o.writers.Go(o.write)
	}
	return nil
}

// fail ends the outbox and wakes the session's reader, who notices. With mu held.
func (o *outbox) fail(err error) {
	if o.err == nil {
		o.err = err
		_ = o.conn.SetReadDeadline(longAgo)
	}
	o.wake()
}

func (o *outbox) account(n int, by *share) {
	o.bytes += n
	o.waiting.Add(int64(n))
	if by != nil {
		by.bytes += n
	}
}

// remove forgets the frames from..to of the queue. With mu held.
func (o *outbox) remove(from, to int) {
	for _, f := range o.queue[from:to] {
		o.account(-len(f.bytes), f.by)
	}
	o.queue = slices.Delete(o.queue, from, to)
	o.wake()
}

// wake tells who waits for room that there may be some, or never will be. With mu held.
func (o *outbox) wake() {
	if o.freed != nil {
		close(o.freed)
		o.freed = nil
	}
}

// whenFreed gives a channel that is closed by wake.
func (o *outbox) whenFreed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.freed == nil {
		o.freed = make(chan struct{})
	}
	return o.freed
}
