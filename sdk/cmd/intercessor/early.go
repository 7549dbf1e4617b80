package main

import "context"

// Limits of what is received before the person has answered.
const (
	maxEarly         = 1 << 20 // bytes
	maxEarlyMessages = 1 << 10
)

// early is a channel that receives while the person is asked, so that an offer is withdrawn
// if its sender leaves before the content is complete.
type early struct {
	channel
	broken chan struct{} // closed when the channel ends before the content is complete

	stop     context.CancelFunc
	stopped  chan struct{} // closed when the goroutine no longer writes the fields below
	messages [][]byte
	err      error
}

// receiveEarly begins to receive the offered file. The caller must call finish.
func receiveEarly(ctx context.Context, ch channel, o offer) *early {
	ctx, stop := context.WithCancel(ctx)
	e := &early{channel: ch, broken: make(chan struct{}), stop: stop, stopped: make(chan struct{})}
	go func() {
		defer close(e.stopped)
		for received := int64(0); received < min(o.Size, maxEarly) && len(e.messages) < maxEarlyMessages; {
			message, err := ch.Receive(ctx)
			if ctx.Err() != nil && err != nil {
				return
			}
			if err != nil {
				e.err = err
				close(e.broken)
				return
			}
			e.messages = append(e.messages, message)
			received += int64(len(message))
		}
	}()
	return e
}

// finish ends the early receiving. Receive then returns its messages first.
func (e *early) finish() {
	e.stop()
	<-e.stopped
}

func (e *early) Receive(ctx context.Context) ([]byte, error) {
	if len(e.messages) == 0 {
		if e.err != nil {
			return nil, e.err
		}
		return e.channel.Receive(ctx)
	}
	first := e.messages[0]
	e.messages = e.messages[1:]
	return first, nil
}
