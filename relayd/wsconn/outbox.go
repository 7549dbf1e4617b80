package wsconn

import (
	"errors"
	"slices"
	"time"

	"github.com/sebas642/intercessor/relayd/frame"
)

// The outbox is the only way to a peer. Send never blocks: it writes to the socket at once.
// Bytes that the socket does not take are queued within limits, and a goroutine that lives as
// long as the queue writes them.

// A waitingFrame holds one or more frames, or the rest of them, in memory of exactly their
// size.
type waitingFrame struct {
	bytes  []byte
	frames int
	by     *Share
	since  time.Duration // when it was queued, since Group.started; 0 if that is not measured
}

// A Share is what one sender has waiting in an outbox; guarded by that outbox's mu.
type Share struct{ bytes int }

var (
	ErrFull   = errors.New("the outbox is full")
	ErrClosed = errors.New("the connection is closed")
	ErrGone   = errors.New("the sender is closed")
)

// Send writes or queues whole frames. frames is their number. It does not retain bytes, and
// never blocks. Queued bytes count against the sender's share by, unless it is nil. It fails
// with ErrFull, ErrClosed, or the error that ended the connection.
func (c *Conn) Send(bytes []byte, frames int, by *Share) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.usable(); err != nil {
		return err
	}
	if c.active && !c.fits(len(bytes), frames, by) {
		return ErrFull
	}
	return c.put(bytes, frames, by)
}

// Force is Send without the limits of the outbox, for a frame that must not be lost. The
// caller limits the number of such frames.
func (c *Conn) Force(frame []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.usable(); err != nil {
		return err
	}
	return c.put(frame, 1, nil)
}

// Busy reports whether frames wait to be written.
func (c *Conn) Busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.active
}

// Depth returns how many bytes wait to be written.
func (c *Conn) Depth() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// Quiet returns when a message was last sent, in ticks. Control frames do not count, because
// a page cannot see them.
func (c *Conn) Quiet() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

func (c *Conn) usable() error {
	if c.err != nil {
		return c.err
	}
	if c.sealed {
		return ErrClosed
	}
	return nil
}

// fits reports whether n more bytes may wait: within the limits of this outbox and of all
// outboxes, and, for a sender with a share, within an eighth of this outbox. Every peer has
// OutboxLeast, and every sender its first message, whatever waits for others.
func (c *Conn) fits(n, frames int, by *Share) bool {
	if by != nil && by.bytes > 0 && by.bytes+n > c.group.OutboxBytes/8 {
		return false
	}
	return c.bytes+n <= c.group.OutboxBytes && c.frames+frames <= c.group.OutboxFrames &&
		(c.bytes+n <= c.group.OutboxLeast || c.group.waiting.Load()+int64(n) <= c.group.WaitingBytes)
}

// put writes what the socket takes at once and queues the rest. With mu held.
func (c *Conn) put(bytes []byte, frames int, by *Share) error {
	if bytes[0]&0x0f < frame.Close { // not a control frame
		c.last = c.group.now.Load()
	}
	first := c.answer != nil
	if first {
		bytes, c.answer = append(c.answer, bytes...), nil
	}
	if !c.active && c.puts != nil {
		n, err := c.puts.write(bytes)
		if err != nil {
			c.fail(err)
			return err
		}
		if n == len(bytes) {
			return nil
		}
		c.partly = n > 0
		bytes = bytes[n:]
	}
	c.partly = c.partly || first
	// A copy of exactly this size, whatever the size of the caller's buffer.
	waiting := waitingFrame{bytes: append([]byte(nil), bytes...), frames: frames, by: by, since: c.sinceStart()}
	c.queue = append(c.queue, waiting)
	c.account(waiting, 1)
	if !c.active {
		c.active = true
		c.writers.Go(c.write)
	}
	return nil
}

// account adds a frame to the counts of waiting bytes, or removes it if sign is -1.
func (c *Conn) account(f waitingFrame, sign int) {
	n := sign * len(f.bytes)
	c.bytes += n
	c.frames += sign * f.frames
	c.group.waiting.Add(int64(n))
	if f.by != nil {
		f.by.bytes += n
	}
}

// remove removes queue[from:to]. With mu held.
func (c *Conn) remove(from, to int) {
	for _, f := range c.queue[from:to] {
		c.account(f, -1)
	}
	c.queue = slices.Delete(c.queue, from, to)
	c.wake()
}

// SendWithin calls attempt, which sends to c, until it returns nil or an error other than
// ErrFull. In between it waits for freed capacity, for d in total. After that it calls attempt
// once more, because on a busy machine capacity may be freed long before this goroutine runs. It
// returns ErrGone if from, the sender's own connection, is closed.
func (c *Conn) SendWithin(d time.Duration, from *Conn, attempt func() error) error {
	gone := from.Closing()
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for {
		freed := c.whenFreed()
		if err := attempt(); err != ErrFull {
			return err
		}
		select {
		case <-freed:
		case <-timeout.C:
			select {
			case <-gone:
				return ErrGone
			default:
				return attempt()
			}
		case <-gone:
			return ErrGone
		}
	}
}

// Closing returns a channel that is closed when the connection starts to close.
func (c *Conn) Closing() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over == nil {
		c.over = make(chan struct{})
		if c.sealed {
			close(c.over)
		}
	}
	return c.over
}

// wake wakes SendWithin after capacity was freed or the connection has ended. With mu held.
func (c *Conn) wake() {
	if c.freed != nil {
		close(c.freed)
		c.freed = nil
	}
}

// whenFreed returns a channel that is closed by wake.
func (c *Conn) whenFreed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.freed == nil {
		c.freed = make(chan struct{})
	}
	return c.freed
}
