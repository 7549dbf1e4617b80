package relay

import (
	"errors"
	"net"
	"os"
	"time"
)

// writeBatch bounds what one system call is given.
const writeBatch = 64 << 10

// write is the writer: it empties the queue and ends.
func (o *outbox) write() {
	for {
		batch := o.take()
		if batch == nil {
			return
		}
		err := o.writeAll(batch)
		o.mu.Lock()
		if err == nil {
			o.written(o.queue[:o.writing])
		}
		o.remove(0, o.writing)
		o.writing = 0
		if err != nil {
			o.fail(err)
		}
		o.mu.Unlock()
		o.session.hasRoom()
	}
}

// take gives the writer the frames that it writes next: nil when it is to end.
func (o *outbox) take() net.Buffers {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		o.remove(0, len(o.queue))
	}
	if len(o.queue) == 0 {
		o.queue, o.active = nil, false
		if !o.sealed {
			_ = o.conn.SetWriteDeadline(time.Time{})
		}
		return nil
	}
	var batch net.Buffers
	for bytes := 0; o.writing < len(o.queue) && bytes < writeBatch; o.writing++ {
		batch = append(batch, o.queue[o.writing].bytes)
		bytes += len(o.queue[o.writing].bytes)
	}
	o.partly = false
	return batch
}

// writeAll writes the batch. Its time measures progress, not the batch: a slow
// peer is served, one that takes nothing is cut (B18). Progress is looked for in
// short intervals, because a write that times out does not say when it made some.
func (o *outbox) writeAll(batch net.Buffers) error {
	interval := o.relay.config.WriteWithin / 8
	if o.ready == nil {
		interval = o.relay.config.WriteWithin // a TLS connection is broken by a write that timed out
	}
	for progress := time.Now(); ; {
		o.setDeadline(interval)
		n, err := batch.WriteTo(o.conn)
		if n > 0 {
			progress = time.Now()
		}
		if o.ready == nil || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(progress) >= o.relay.config.WriteWithin || o.late() {
			return err
		}
	}
}

// late says whether the time of a sealed outbox is over.
func (o *outbox) late() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sealed && !time.Now().Before(o.until)
}

// setDeadline gives the next write its time; once the outbox is sealed, all
// that is left has one time together.
func (o *outbox) setDeadline(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		_ = o.conn.SetWriteDeadline(o.until)
	} else {
		_ = o.conn.SetWriteDeadline(time.Now().Add(d))
	}
}
