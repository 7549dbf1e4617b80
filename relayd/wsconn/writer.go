package wsconn

import (
	"errors"
	"net"
	"os"
	"time"
)

// writeBatch bounds what one system call is given.
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

// nextBatch returns the frames that the writer writes next: nil when it is to end.
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

// writeAll writes the batch. Its time measures progress, not the batch: a slow
// peer is served, one that takes nothing is cut. Progress is looked for in
// short intervals, because a write that times out does not say when it made some.
func (c *Conn) writeAll(batch net.Buffers) error {
	interval := c.group.WriteWithin / 8
	if c.puts == nil {
		interval = c.group.WriteWithin // a TLS connection is broken by a write that timed out
	}
	for progress := time.Now(); ; {
		c.setDeadline(interval)
		n, err := batch.WriteTo(c.socket)
		if n > 0 {
			progress = time.Now()
		}
		if c.puts == nil || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(progress) >= c.group.WriteWithin || c.late() {
			return err
		}
	}
}

// late says whether the time of a sealed outbox is over.
func (c *Conn) late() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sealed && !time.Now().Before(c.until)
}

// setDeadline gives the next write its time; once the outbox is sealed, all
// that is left has one time together.
func (c *Conn) setDeadline(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sealed {
		_ = c.socket.SetWriteDeadline(c.until)
	} else {
		_ = c.socket.SetWriteDeadline(time.Now().Add(d))
	}
}

// sinceStart returns when something begins to wait, or 0 if that is not measured.
func (c *Conn) sinceStart() time.Duration {
	if c.group.Waited == nil {
		return 0
	}
	return time.Since(c.group.started)
}

// measure reports how long these have waited.
func (c *Conn) measure(frames []waitingFrame) {
	if c.group.Waited == nil {
		return
	}
	now := time.Since(c.group.started)
	for _, f := range frames {
		c.group.Waited(now - f.since)
	}
}
