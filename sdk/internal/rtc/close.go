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

	// takenWithin bounds how long after the opening Close waits to hear that the other
	// peer has received the channel. A peer without this SDK never tells.
	takenWithin = 2 * time.Second
)

// Close waits until everything sent on the channel has reached the other peer's machine,
// and closes the channel. A Send followed by a Close loses nothing. After 10 seconds Close
// stops waiting and returns an error that says how much may be lost. Messages that were
// not received are dropped. Later calls return the result of the first.
func (ch *Channel) Close() error {
	ch.closing.Do(func() {
		close(ch.closed)
		ch.inbox.Close(ErrClosed)
		ch.inbox.Drain()
		select {
		case <-ch.opened:
			ch.unsent = ch.leave()
		default: // not open yet, so nothing was sent
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

// drain waits until everything is sent.
func (ch *Channel) drain(ctx context.Context) error {
	if ch.await(ctx, ch.sending, true) != nil { // a Send is still running
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

// awaitTaken waits until the other peer has received the channel. A Chromium that learns
// of a channel and of its close at the same time drops the messages in between.
func (ch *Channel) awaitTaken(ctx context.Context) error {
	late, cancel := context.WithDeadline(ctx, ch.openedAt.Add(takenWithin))
	defer cancel()
	select {
	case <-ch.taken:
		return nil
	case <-ch.over:
		return ch.reason()
	case <-late.Done():
		return ctx.Err() // nil if only takenWithin has passed
	}
}

// settle waits until the other side has closed its end too. If the connection closed
// earlier, the other peer would not see the channel's end.
func (ch *Channel) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	select {
	case <-ch.gone:
	case <-ctx.Done():
	}
}
