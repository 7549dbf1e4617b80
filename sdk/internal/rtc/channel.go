package rtc

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/sebas642/intercessor/sdk/internal/once"
	"github.com/sebas642/intercessor/sdk/internal/queue"
)

const (
	// MaxMessage is the largest message of a channel, in bytes. Every browser and pion
	// accept it.
	MaxMessage = 64<<10 - 1

	// Send blocks while more than maxBuffered bytes wait to be sent, until no more than
	// lowBuffered do.
	maxBuffered = 1 << 20
	lowBuffered = 256 << 10
)

// Channel is a data channel. It carries messages directly to the other peer, in order,
// each exactly once. Its methods may be called concurrently.
type Channel struct {
	label string // static
	raw   raw    // static; the platform's channel

	inbox  *queue.Queue[[]byte]
	opened chan struct{}     // closed when messages can be sent
	low    chan struct{}     // holds a token when little is left to send
	over   chan struct{}     // closed when err is set
	onOver func(ch *Channel) // static; notifies the Peer
	ctx    context.Context   // written by track, before the application has the channel; bounds the waits of Close

	sending chan struct{} // holds one token: the right to send

	opening, taking, going sync.Once

	openedAt time.Time     // written before opened is closed
	taken    chan struct{} // closed when the other peer has received the channel

	closing once.Once
	closed  chan struct{} // closed when Close has begun
	gone    chan struct{} // closed when the other side has closed its end too
	unsent  error         // owned by closing: what Close returns

	mu  sync.Mutex
	err error // guarded by mu: why the channel is over; io.EOF if the other peer closed it
}

// raw is the platform's data channel. No method blocks.
type raw interface {
	id() int // of the SCTP stream; -1 before it has one
	send(data []byte) error
	buffered() int // bytes that wait to be sent
	setLow(n int)  // isLow is called when no more than n bytes are buffered
	close()
}

// newChannel makes a channel; the platform sets raw and wires its events.
func newChannel(label string, onOver func(*Channel)) *Channel {
	ch := &Channel{
		label:   label,
		inbox:   queue.New[[]byte](maxInboxItems, maxInbox),
		opened:  make(chan struct{}),
		low:     make(chan struct{}, 1),
		over:    make(chan struct{}),
		onOver:  onOver,
		ctx:     context.Background(),
		sending: make(chan struct{}, 1),
		taken:   make(chan struct{}),
		closed:  make(chan struct{}),
		gone:    make(chan struct{}),
	}
	ch.sending <- struct{}{}
	return ch
}

// Label returns the name that the opener gave the channel.
func (ch *Channel) Label() string { return ch.label }

// Send sends one message of at most MaxMessage bytes. The caller may reuse data when
// Send returns. Send blocks while too many earlier bytes wait to be sent. A Send that
// need not block succeeds even if ctx has ended.
//
// When Send returns nil the message is queued. It arrives if the channel lives long
// enough; Close waits for that. Errors: ErrTooLarge, ErrClosed, an *ICEError when the
// direct path broke, ctx.Err().
func (ch *Channel) Send(ctx context.Context, data []byte) error {
	if len(data) > MaxMessage {
		return tooLong(len(data))
	}
	if err := ch.await(ctx, ch.opened, false); err != nil {
		return err
	}
	if err := ch.await(ctx, ch.sending, false); err != nil {
		return err
	}
	defer func() { ch.sending <- struct{}{} }()
	for ch.raw.buffered() > maxBuffered {
		if err := ch.await(ctx, ch.low, false); err != nil {
			return err
		}
	}
	select {
	case <-ch.closed: // a message sent after Close has begun could be lost
		return ErrClosed
	default:
	}
	err := ch.raw.send(data)
	if err != nil {
		select {
		case <-ch.over:
			return ch.reason()
		default:
		}
	}
	return err
}

// await waits for ready. Only Close, which has already stopped all other senders, sets
// draining.
func (ch *Channel) await(ctx context.Context, ready <-chan struct{}, draining bool) error {
	closed := ch.closed
	if draining {
		closed = nil
	}
	select {
	case <-closed:
		return ErrClosed
	case <-ch.over:
		return ch.reason()
	default:
	}
	select {
	case <-ready:
		return nil
	default:
	}
	select {
	case <-ready:
		return nil
	case <-closed:
		return ErrClosed
	case <-ch.over:
		return ch.reason()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Receive waits for the next message, which the caller may keep. It returns io.EOF once
// the other peer has closed the channel and every earlier message was received. If the
// direct path ended first, the error says so, such as io.ErrUnexpectedEOF or an
// *ICEError. After Close it is ErrClosed.
func (ch *Channel) Receive(ctx context.Context) ([]byte, error) {
	return ch.inbox.Get(ctx)
}

// The platform's events call isOpen, isTaken, isLow and isGone.

func (ch *Channel) isOpen() {
	ch.opening.Do(func() {
		ch.openedAt = time.Now()
		close(ch.opened)
	})
}

func (ch *Channel) isTaken() { ch.taking.Do(func() { close(ch.taken) }) }

func (ch *Channel) isLow() {
	select {
	case ch.low <- struct{}{}:
	default:
	}
}

func (ch *Channel) isGone(err error) {
	ch.going.Do(func() { close(ch.gone) })
	ch.end(err)
}

// end notes that the channel is over. Only the first reason counts.
func (ch *Channel) end(err error) {
	ch.mu.Lock()
	first := ch.err == nil
	if first {
		ch.err = err
		close(ch.over)
	}
	ch.mu.Unlock()
	ch.inbox.Close(err)
	if first {
		ch.onOver(ch)
	}
}

// cut ends the channel at once. Messages that wait to be sent are lost.
func (ch *Channel) cut(err error) {
	ch.end(err)
	ch.raw.close()
}

// reason returns the error of a Send on a channel that is over.
func (ch *Channel) reason() error {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.err == io.EOF {
		return errChannelClosed
	}
	return ch.err
}
