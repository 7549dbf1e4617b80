package relay

import (
	"errors"
	"os"
	"time"
)

// seal puts a close frame in, if there is one, and refuses everything after it (RFC 6455, section
// 5.5.1), and wakes the session's reader. Frames of a peer that does not read are
// dropped with `drop`, so that the close frame comes next. Only the first call
// counts, and says how the session ended; it reports whether it was.
func (o *outbox) seal(frame []byte, how *ending, drop bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.usable() != nil {
		return false
	}
	if drop {
		kept := o.writing
		if o.partly {
			kept = 1
		}
		o.remove(kept, len(o.queue))
	}
	if frame != nil {
		_ = o.put(frame, 1, nil) // a failure ends the outbox all the same
	}
	o.session.ending.Store(how) // before the reader wakes, who asks
	o.sealed, o.until = true, time.Now().Add(o.relay.config.CloseWithin)
	_ = o.conn.SetWriteDeadline(o.until)
	_ = o.conn.SetReadDeadline(longAgo)
	if o.over != nil {
		close(o.over)
	}
	o.wake()
	return true
}

// stalled says whether a write made no progress for as long as it may.
func (o *outbox) stalled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.sealed && errors.Is(o.err, os.ErrDeadlineExceeded)
}

// finish waits until what was sent is written, or cannot be, and gives the time
// by which the closing handshake is over, zero where there can be none. The outbox
// must be sealed, which bounds the wait, or broken.
func (o *outbox) finish() time.Time {
	o.writers.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.until
}

// fail ends the outbox and wakes the session's reader, who notices. With mu held.
func (o *outbox) fail(err error) {
	if o.err == nil {
		o.err = err
		_ = o.conn.SetReadDeadline(longAgo)
	}
	o.wake()
}
