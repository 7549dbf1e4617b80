package rtc

import (
	"context"
	"errors"
	"strconv"
	"time"
)

const (
	// closeWithin bounds how long Close takes.
	closeWithin = 10 * time.Second

	// takenWithin bounds how long Close waits, from the opening on, to hear that the
	// other peer has taken the channel in. A peer that never tells is not one of ours.
	takenWithin = 2 * time.Second
)

// Close closes the channel, after what was sent on it has reached the other peer's
// machine: a Send and then a Close lose nothing. That takes at most 10 seconds;
// then Close returns an error that says how much may be lost. What has come and was
// not received is dropped. Every call after the first returns what that returned.
func (ch *Channel) Close() error {
	ch.closing.Do(func() {
		close(ch.closed)
		ch.inbox.Close(ErrClosed)
		ch.inbox.Drain()
		select {
		case <-ch.opened:
			ch.unsent = ch.leave()
		default: // nothing was ever sent
			ch.cut(ErrClosed)
		}
	})
	return ch.unsent
}

// leave closes an open channel.
func (ch *Channel) leave() error {
	ctx, cancel := context.WithTimeout(ch.ctx, closeWithin)
	defer cancel()
	unsent := ch.drain(ctx)
	_ = ch.awaitTaken(ctx)
	ch.cut(ErrClosed)
	ch.settle(ctx)
	return unsent
}

// drain waits until everything has left.
func (ch *Channel) drain(ctx context.Context) error {
	if ch.await(ctx, ch.sending, true) != nil { // a Send that is not finished
		return nil
	}
	ch.raw.setLow(0)
	for {
		left := ch.raw.buffered()
		if left == 0 {
			return nil
		}
		if err := ch.await(ctx, ch.low, true); err != nil {
			return errors.New("the channel was closed with " + strconv.Itoa(left) + " bytes on their way, which may be lost")
		}
	}
}

// awaitTaken waits until the other peer has taken the channel in. A Chromium that
// hears of a channel and of its close at the same time drops the messages between.
func (ch *Channel) awaitTaken(ctx context.Context) error {
	late := time.NewTimer(time.Until(ch.openedAt.Add(takenWithin)))
	defer late.Stop()
	select {
	case <-ch.taken:
		return nil
	case <-late.C:
		return nil
	case <-ch.over:
		return ch.reason()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settle waits until the other side has closed its end too: a connection that is
// closed before would take the channel's end away from the other peer.
func (ch *Channel) settle(ctx context.Context) {
	late := time.NewTimer(settleWithin)
	defer late.Stop()
	select {
	case <-ch.gone:
	case <-late.C:
	case <-ctx.Done():
	}
}
