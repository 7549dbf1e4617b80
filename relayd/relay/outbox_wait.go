package relay

import "time"

// tryWithin waits for room while attempt, which sends, fails with errFull, unless
// the sender, whose own outbox is given, is closed.
func (o *outbox) tryWithin(d time.Duration, sender *outbox, attempt func() error) error {
	gone := sender.whenSealed()
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for {
		freed := o.whenFreed()
		if err := attempt(); err != errFull {
			return err
		}
		select {
		case <-freed:
		case <-timeout.C:
			return errFull
		case <-gone:
			return errGone
		}
	}
}

// whenSealed gives a channel that is closed when the outbox is sealed.
func (o *outbox) whenSealed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over == nil {
		o.over = make(chan struct{})
		if o.sealed {
			close(o.over)
		}
	}
	return o.over
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
