package wsconn

import (
	"errors"
	"net"
	"os"
	"time"
)

// writeBatch is how many bytes one system call gets before it gets no further frame.
const writeBatch = 64 << 10

// write is the writer: it empties the queue and ends.
func (c *Conn) write() {
	for {
		batch := c.nextBatch()
		if batch == nil {
			return
		}
		err := c.writeAll(batch)
		c.mu.Lock()
		if err == nil {
			c.measure(c.queue[:c.writing])
		}
		c.remove(0, c.writing)
		c.writing = 0
		if err != nil {
			c.fail(err)
		}
		c.mu.Unlock()
		c.handler.Writable()
	}
}

// nextBatch returns the frames to write next, or nil when the queue is empty and the writer
// must end.
func (c *Conn) nextBatch() net.Buffers {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		c.remove(0, len(c.queue))
	}
	if len(c.queue) == 0 {
		c.queue, c.active = nil, false
		if !c.sealed {
			_ = c.socket.SetWriteDeadline(time.Time{})
		}
		return nil
	}
	var batch net.Buffers
	for bytes := 0; c.writing < len(c.queue) && bytes < writeBatch; c.writing++ {
		batch = append(batch, c.queue[c.writing].bytes)
		bytes += len(c.queue[c.writing].bytes)
	}
	c.partly = false
	return batch
}

// writeAll writes the batch. It fails after WriteWithin without progress, so that a slow peer
// is served and a stalled one is not. It checks for progress in short intervals, because a
// write that times out does not report when it made progress.
func (c *Conn) writeAll(batch net.Buffers) error {
	interval := c.group.WriteWithin / 8
	if c.puts == nil {
		interval = c.group.WriteWithin // a write that times out breaks a TLS connection
	}
	for progress := time.Now(); ; {
		c.setDeadline(interval)
		n, err := batch.WriteTo(c.socket)
		if n > 0 {
			progress = time.Now()
		}
		if c.puts == nil || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(progress) >= c.group.WriteWithin || c.isOverdue() {
			return err
		}
	}
}

// isOverdue reports whether a sealed outbox has not been emptied in time.
func (c *Conn) isOverdue() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sealed && !time.Now().Before(c.until)
}

// setDeadline sets the deadline of the next write. In a sealed outbox all writes share one
// deadline.
func (c *Conn) setDeadline(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sealed {
		_ = c.socket.SetWriteDeadline(c.until)
	} else {
		_ = c.socket.SetWriteDeadline(time.Now().Add(d))
	}
}

// sinceStart returns the time since Group.started, or 0 if Waited is not set.
func (c *Conn) sinceStart() time.Duration {
	if c.group.Waited == nil {
		return 0
	}
	return time.Since(c.group.started)
}

// measure reports to Waited how long these frames have waited.
func (c *Conn) measure(frames []waitingFrame) {
	if c.group.Waited == nil {
		return
	}
	now := time.Since(c.group.started)
	for _, f := range frames {
		c.group.Waited(now - f.since)
	}
}
